package roster

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/web"
)

const importPath = "/api/v1/roster-imports/{id}"

// Routes adds the operations of this package.
func (s *Service) Routes(a *web.API) {
	a.Raw(web.Op{
		ID: "uploadRoster", Method: http.MethodPost, Path: "/api/v1/orgs/{id}/roster-imports", Tag: "roster", MaxBody: maxFile,
		Summary: "Send a roster (.xlsx or .csv) as the body itself, its name as ?name=; answers 201 with a RosterImport to decide on.",
	}, s.upload(a))
	web.Register(a, web.Op{ID: "listRosterImports", Method: http.MethodGet, Path: "/api/v1/orgs/{id}/roster-imports", Tag: "roster", Summary: "One's own imports of the last day, the latest first."}, s.listImports)
	web.Register(a, web.Op{ID: "getRosterImport", Method: http.MethodGet, Path: importPath, Tag: "roster", Summary: "An import and how far it is."}, s.getImport)
	web.Register(a, web.Op{ID: "listRosterRows", Method: http.MethodGet, Path: importPath + "/rows", Tag: "roster", Summary: "The rows of one verdict."}, s.listRows)
	web.Register(a, web.Op{ID: "decideRosterRows", Method: http.MethodPost, Path: importPath + "/decisions", Tag: "roster", Summary: "Say what becomes of rows."}, s.decide)
	web.Register(a, web.Op{ID: "settleRosterBranch", Method: http.MethodPost, Path: importPath + "/branches", Tag: "roster", Summary: "Say what a branch that is not known stands for."}, s.settleBranch)
	web.Register(a, web.Op{ID: "applyRosterImport", Method: http.MethodPost, Path: importPath + "/apply", Tag: "roster", Summary: "Write all of it, or nothing; a job does it."}, s.apply)
	web.Register(a, web.Op{ID: "discardRosterImport", Method: http.MethodDelete, Path: importPath, Status: http.StatusNoContent, Tag: "roster", Summary: "Forget an import."}, s.discard)
	a.Raw(web.Op{ID: "exportRoster", Method: http.MethodGet, Path: "/api/v1/orgs/{id}/roster", Tag: "roster", Summary: "The roster as a table, ?format=xlsx or csv, with masked numbers."},
		s.give(a, "roster", s.Export, File))
	a.Raw(web.Op{ID: "rosterTemplate", Method: http.MethodGet, Path: "/api/v1/orgs/{id}/roster-template", Tag: "roster", Summary: "An empty roster to fill in, ?format=xlsx or csv."},
		s.give(a, "roster-template", s.Template, templateFile))
}

// RosterImport is one file that was read, as clients see it.
type RosterImport struct {
	ID        ident.ID       `json:"id"`
	OrgID     ident.ID       `json:"orgId"`
	FileName  string         `json:"fileName"`
	State     State          `json:"state" enum:"reading,ready,applying,applied,failed"`
	Problem   string         `json:"problem" doc:"Of a failed one: why nothing was written"`
	Counts    RosterCounts   `json:"counts"`
	Read      int            `json:"read" doc:"While it is read: rows so far"`
	Rows      int            `json:"rows" doc:"While it is read: of how many; 0 until that is known, while it is read for the first of two times"`
	Written   int            `json:"written" doc:"While it is applied: of counts.writes, as far as is known"`
	Summary   RosterSummary  `json:"summary"`
	Branches  []RosterBranch `json:"branches" doc:"Branches of the file that are not known; their rows are refused until a decision"`
	CreatedAt time.Time      `json:"createdAt"`
	ExpiresAt time.Time      `json:"expiresAt" doc:"It is not there any more from then on"`
	AppliedAt *time.Time     `json:"appliedAt" doc:"null unless applied"`
}

// RosterKnown is the member whom a row was compared with, as they are now.
type RosterKnown struct {
	Name        string `json:"name"`
	OrgName     string `json:"orgName"`
	PhoneMasked string `json:"phoneMasked"`
}

func (s *Service) view(ctx context.Context, im Import) (RosterImport, error) {
	c, err := s.counts(ctx, s.db.Read(), im.ID)
	v := RosterImport{
		ID: im.ID, OrgID: im.OrgID, FileName: im.FileName, State: im.State, Problem: im.Problem, Counts: c, Summary: im.Summary,
		CreatedAt: im.CreatedAt, ExpiresAt: im.ExpiresAt,
	}
	if err == nil {
		v.Branches, err = s.branchViews(ctx, im)
	}
	v.Summary.Sheets = append([]RosterSheet{}, v.Summary.Sheets...)
	v.Summary.Dropped = append([]RosterColumn{}, v.Summary.Dropped...)
	switch im.State {
	case Reading:
		v.Read, v.Rows = s.progress(ctx, im.ID)
	case Applying:
		done, _ := s.progress(ctx, im.ID)
		v.Written = min(done, c.Writes)
	case Applied:
		v.Written, v.AppliedAt = c.Writes, &im.AppliedAt
	case Ready, Failed:
	}
	return v, err
}

func (s *Service) upload(a *web.API) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx := c.Request.Context()
		actor, v := web.ActorFrom(ctx), RosterImport{}
		id, err := s.keptOrg(ctx, actor, c.Param("id"))
		var raw []byte
		if err == nil {
			patience(c.Writer, c.Request.ContentLength)
			raw, err = body(c.Request.Body)
		}
		if err == nil {
			var im Import
			if im, err = s.Upload(ctx, actor, id, c.Query("name"), raw); err == nil {
				v, err = s.view(ctx, im)
			}
		}
		if err != nil {
			a.Fail(c, err)
			return
		}
		c.JSON(http.StatusCreated, v)
	}
}

// patience gives a file the time that a slow phone needs, 32 KB a second, where other requests have to be quick.
func patience(w http.ResponseWriter, size int64) {
	if size < 0 || size > maxFile {
		size = maxFile
	}
	until := clock.System().Now().Add(30*time.Second + time.Duration(size>>15)*time.Second)
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(until) // what cannot be set stays as it was
	_ = control.SetWriteDeadline(until.Add(30 * time.Second))
}

// keptOrg decides before anything is read: what others send is not taken in.
func (s *Service) keptOrg(ctx context.Context, actor authz.Actor, text string) (ident.ID, error) {
	id, err := ident.Parse(text)
	if err != nil {
		id = 0 // as if it were not there
	}
	o, err := s.orgs.KeepsRoster(ctx, actor, id)
	return o.ID, err
}

func body(from io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(from)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, errBigFile
	case err != nil:
		return nil, errTruncated.WithCause(err)
	}
	return raw, nil
}

type importInput struct {
	ID web.IDParam `path:"id"`
}

type importOutput struct{ Body RosterImport }

func (s *Service) getImport(ctx context.Context, in *importInput) (*importOutput, error) {
	v, err := s.Look(ctx, web.ActorFrom(ctx), in.ID.ID)
	return &importOutput{v}, err
}

type importsOutput struct {
	Body struct {
		Items []RosterImport `json:"items"`
	}
}

func (s *Service) listImports(ctx context.Context, in *importInput) (*importsOutput, error) {
	mine, err := s.Mine(ctx, web.ActorFrom(ctx), in.ID.ID)
	out := &importsOutput{}
	out.Body.Items = mine
	return out, err
}

// Mine returns the actor's imports of an organisation that are still there, the latest first, also one that is being read. It
// returns what KeepsRoster returns.
func (s *Service) Mine(ctx context.Context, actor authz.Actor, id ident.ID) ([]RosterImport, error) {
	root, err := s.orgs.KeepsRoster(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	mine, err := s.own(ctx, actor.MemberID, root.ID)
	if err != nil {
		return nil, err
	}
	views := make([]RosterImport, len(mine))
	for i, im := range mine {
		if views[i], err = s.view(ctx, im); err != nil {
			return nil, err
		}
	}
	return views, nil
}

// Look returns an import as it is shown; not_found as Import.
func (s *Service) Look(ctx context.Context, actor authz.Actor, id ident.ID) (RosterImport, error) {
	im, err := s.Import(ctx, actor, id)
	if err != nil {
		return RosterImport{}, err
	}
	return s.view(ctx, im)
}

type decideInput struct {
	ID   web.IDParam `path:"id"`
	Body struct {
		Positions []int    `json:"positions,omitempty" maxItems:"500" doc:"Rows; left out: all doubtful rows that are still open"`
		Decision  Decision `json:"decision" enum:",take,apart,skip" doc:"take: it is the member whom the row was compared with. apart: another person. skip: leave the row out. Empty: as before"`
	}
}

func (s *Service) decide(ctx context.Context, in *decideInput) (*importOutput, error) {
	if err := s.Decide(ctx, web.ActorFrom(ctx), in.ID.ID, in.Body.Positions, in.Body.Decision); err != nil {
		return nil, err
	}
	return s.getImport(ctx, &importInput{in.ID})
}

type settleInput struct {
	ID   web.IDParam `path:"id"`
	Body struct {
		Position int            `json:"position" minimum:"1" doc:"Of the branch"`
		Decision BranchDecision `json:"decision" enum:",create,map" doc:"create: make it below the organisation of the import. map: it is another name of orgId. Empty: leave its rows out"`
		OrgID    ident.ID       `json:"orgId,omitempty" doc:"For map"`
	}
}

func (s *Service) settleBranch(ctx context.Context, in *settleInput) (*importOutput, error) {
	if err := s.SettleBranch(ctx, web.ActorFrom(ctx), in.ID.ID, in.Body.Position, in.Body.Decision, in.Body.OrgID); err != nil {
		return nil, err
	}
	return s.getImport(ctx, &importInput{in.ID})
}

func (s *Service) apply(ctx context.Context, in *importInput) (*importOutput, error) {
	if _, err := s.Apply(ctx, web.ActorFrom(ctx), in.ID.ID); err != nil {
		return nil, err
	}
	return s.getImport(ctx, in)
}

func (s *Service) discard(ctx context.Context, in *importInput) (*struct{}, error) {
	return nil, s.Discard(ctx, web.ActorFrom(ctx), in.ID.ID)
}

type (
	lines  func(ctx context.Context, actor authz.Actor, id ident.ID) (org.Org, [][]string, error)
	format func(format string, lines [][]string) (raw []byte, media string, err error)
)

// give answers with a file.
func (s *Service) give(a *web.API, plainName string, content lines, write format) gin.HandlerFunc {
	return func(c *gin.Context) {
		kind := "xlsx"
		if c.Query("format") == "csv" {
			kind = "csv"
		}
		id, err := ident.Parse(c.Param("id"))
		if err != nil {
			id = 0 // as if it were not there
		}
		o, table, err := content(c.Request.Context(), web.ActorFrom(c.Request.Context()), id)
		var raw []byte
		var media string
		if err == nil {
			raw, media, err = write(kind, table)
		}
		if err != nil {
			a.Fail(c, err)
			return
		}
		c.Header("Cache-Control", "private, no-store")
		c.Header("Content-Disposition", `attachment; filename="`+plainName+"."+kind+`"; filename*=UTF-8''`+url.PathEscape(o.Name+"花名册."+kind))
		c.Data(http.StatusOK, media, raw)
	}
}
