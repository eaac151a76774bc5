package org

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/recall"
	"themeday/server/store"
	"themeday/server/web"
)

// Move is what becomes of a member at an instant: another organisation, kind or standing, or leaving.
type Move struct {
	OrgID    ident.ID
	Kind     string
	Standing Standing
	Left     bool      // no longer on the roster; a later move brings the person back
	At       time.Time // from when it holds; the zero time is now
}

var (
	errMoveAhead = fault.Invalid("invalid_input", "生效时间不能晚于现在").WithField("since", "生效时间不能晚于现在")
	errMoveOrder = fault.Conflict("move_out_of_order", "这位党员在此之后已有变动记录，请填写更晚的生效时间")
	errMoved     = fault.Conflict("member_changed", "这位党员的信息刚被别人改过，请刷新后再操作")
	errMoveOrg   = fault.Invalid("invalid_input", "没有找到要转入的组织，或不在您的范围内").WithField("orgId", "没有找到要转入的组织")
)

// MoveMember changes where a member belongs and how they take part, and remembers from when. The actor must run both
// organisations. It returns not_found, invalid_input, move_out_of_order when a later change is known, or member_changed.
func (s *Service) MoveMember(ctx context.Context, actor authz.Actor, member ident.ID, m Move) (Member, error) {
	now := s.clock.Now()
	if m.At.IsZero() {
		m.At = now
	}
	if m.At.After(now) {
		return Member{}, errMoveAhead
	}
	var moved Member
	err := s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		before, err := s.movable(ctx, tx, actor, member, m.OrgID)
		if err != nil {
			return err
		}
		if err := s.noteMove(ctx, tx, before, m, actor.MemberID); err != nil {
			return err
		}
		if err := auditMove(ctx, tx, before, m, now); err != nil {
			return err
		}
		found, err := s.MembersByID(ctx, tx, []ident.ID{member})
		moved = found[member]
		return err
	})
	return moved, err
}

// auditMove puts the move on record where the member was; who takes somebody in is the one who did it.
func auditMove(ctx context.Context, tx bun.IDB, before Member, m Move, now time.Time) error {
	action := audit.MemberMoved
	switch {
	case m.Left:
		action = audit.MemberLeft
	case before.Left:
		action = audit.MemberReturned
	}
	return audit.Note(ctx, tx, audit.Entry{
		At: now, Action: action, Subject: audit.On(audit.Member, before.ID), Org: before.OrgPath,
		Detail: map[string]any{"fromOrg": before.OrgID, "toOrg": m.OrgID, "fromStanding": before.Standing, "toStanding": m.Standing, "since": m.At},
	})
}

// movable returns the member as they are, also after leaving, if the actor runs where they are and where they go.
func (s *Service) movable(ctx context.Context, tx bun.IDB, actor authz.Actor, member, to ident.ID) (Member, error) {
	before, err := s.memberRun(ctx, tx, actor, member)
	if err != nil {
		return Member{}, err
	}
	orgs, err := s.Orgs(ctx, tx, []ident.ID{to})
	if err != nil {
		return Member{}, err
	}
	if len(orgs) == 0 || !orgs[0].Open() || !actor.Runs(orgs[0].Path) {
		return Member{}, errMoveOrg
	}
	return before, nil
}

type moveRow struct {
	bun.BaseModel `bun:"table:member_moves"`

	MemberID ident.ID
	At       int64
	OrgID    ident.ID
	Kind     string
	Standing Standing
	Here     bool
	ByMember ident.ID
}

// noteMove writes the history and the present. The first move of somebody who was imported also keeps what they were
// until then, since ever as far as is known.
func (s *Service) noteMove(ctx context.Context, tx bun.IDB, before Member, m Move, by ident.ID) error {
	var last []int64
	if err := tx.NewRaw("SELECT at FROM member_moves WHERE member_id = ? ORDER BY at DESC LIMIT 1", before.ID).Scan(ctx, &last); err != nil {
		return err
	}
	rows := []moveRow{{MemberID: before.ID, At: clock.Millis(m.At), OrgID: m.OrgID, Kind: m.Kind, Standing: m.Standing, Here: !m.Left, ByMember: by}}
	switch {
	case len(last) == 0:
		rows = slices.Insert(rows, 0, moveRow{MemberID: before.ID, OrgID: before.OrgID, Kind: before.Kind, Standing: before.Standing, Here: true})
	case last[0] >= rows[0].At:
		return errMoveOrder
	}
	if !m.Left {
		if err := s.Receive(ctx, tx, m.OrgID); err != nil {
			return err
		}
	}
	if _, err := tx.NewInsert().Model(&rows).Exec(ctx); err != nil {
		if store.IsDuplicate(err) {
			return errMoved.WithCause(err)
		}
		return err
	}
	if err := s.rolesFollow(ctx, tx, before, m, by); err != nil {
		return err
	}
	left := int64(0)
	if m.Left {
		left = clock.Millis(m.At)
	}
	res, err := tx.NewRaw("UPDATE members SET org_id = ?, kind = ?, standing = ?, left_at = ?, updated_at = ? WHERE id = ? AND org_id = ?",
		m.OrgID, m.Kind, m.Standing, left, clock.Millis(s.clock.Now()), before.ID, before.OrgID).Exec(ctx)
	if ok, err := store.Affected(res, err); err != nil || !ok {
		return cmp.Or[error](err, errMoved)
	}
	if err := s.endWithMove(ctx, tx, before, m); err != nil {
		return err
	}
	return s.watch.Note(ctx, tx, recall.Ref{Kind: recall.Member, ID: before.ID})
}

const (
	neverMoved = "NOT EXISTS (SELECT 1 FROM member_moves v WHERE v.member_id = m.id)"
	selectThen = `
SELECT m.id, o.id AS org_id, o.name AS org_name, o.path AS org_path, m.name, m.initials, v.kind, v.standing, m.phone_hash, m.phone_cipher, m.phone_key, m.party_since,
       ` + boundColumn + `
FROM member_moves v JOIN members m ON m.id = v.member_id JOIN orgs o ON o.id = v.org_id
WHERE v.here = 1 AND v.at = (SELECT MAX(w.at) FROM member_moves w WHERE w.member_id = v.member_id AND w.at <= ?) AND `
)

// MembersAsOf returns who was on the roster of the organisations at these paths and below at the instant, as they were
// then, each once, by id. Where the tree has changed since, their OrgPath is where they stood then in terms of today's paths.
func (s *Service) MembersAsOf(ctx context.Context, db bun.IDB, paths []string, at time.Time) ([]Member, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	places, err := s.PlacesAsOf(ctx, db, paths, at)
	if err != nil {
		return nil, err
	}
	where, args := within("o.path", paths)
	if places != nil {
		where, args = "o.id IN (?)", []any{bun.List(slices.Collect(maps.Keys(places)))}
	}
	var same, then []memberRow
	if err := db.NewRaw(selectMembers+present+" AND "+neverMoved+" AND "+where, args...).Scan(ctx, &same); err != nil {
		return nil, err
	}
	if err := db.NewRaw(selectThen+where, append([]any{clock.Millis(at)}, args...)...).Scan(ctx, &then); err != nil {
		return nil, err
	}
	members := membersOf(append(same, then...))
	for i, m := range members {
		if places != nil {
			members[i].OrgPath = places[m.OrgID]
		}
	}
	slices.SortFunc(members, func(a, b Member) int { return cmp.Compare(a.ID, b.ID) })
	return members, nil
}

// MemberAsOf returns the member as they were at the instant, and whether they were on a roster then; not_found when there is
// no such person. Who was not yet, or no longer, is returned as they are now. Where their organisation stood then below one
// of these paths and does not now, the member's OrgPath says so, and the other way round.
func (s *Service) MemberAsOf(ctx context.Context, db bun.IDB, id ident.ID, paths []string, at time.Time) (m Member, here bool, err error) {
	if m, here, err = s.memberAsOf(ctx, db, id, at); err != nil || !here {
		return m, here, err
	}
	places, err := s.PlacesAsOf(ctx, db, paths, at)
	if places != nil {
		m.OrgPath, here = places[m.OrgID], places[m.OrgID] != ""
	}
	return m, here, err
}

func (s *Service) memberAsOf(ctx context.Context, db bun.IDB, id ident.ID, at time.Time) (m Member, here bool, err error) {
	found, err := s.MembersByID(ctx, db, []ident.ID{id})
	if err != nil {
		return Member{}, false, err
	}
	m, known := found[id]
	if !known {
		return Member{}, false, errMemberNotFound
	}
	var moves int
	if err := db.NewRaw("SELECT COUNT(*) FROM member_moves WHERE member_id = ?", id).Scan(ctx, &moves); err != nil || moves == 0 {
		return m, true, err
	}
	var then []memberRow
	err = db.NewRaw(selectThen+"v.member_id = ?", clock.Millis(at), id).Scan(ctx, &then)
	if err != nil || len(then) == 0 {
		return m, false, err
	}
	return then[0].member(), true, nil
}

// MoveInput is a change of a member's place or standing.
type MoveInput struct {
	OrgID    ident.ID   `json:"orgId" doc:"Where the person belongs from then on; run by the caller"`
	Kind     string     `json:"kind" enum:"full,probationary"`
	Standing Standing   `json:"standing" enum:"normal,flow_out,flow_in,long_illness,suspended"`
	Left     bool       `json:"left,omitempty" doc:"No longer on the roster"`
	Since    *time.Time `json:"since,omitempty" doc:"From when it holds, not in the future; now when left out. Events closed before stay as they were settled"`
}

type moveInput struct {
	MemberID web.IDParam `path:"memberId"`
	Body     MoveInput
}

type moveOutput struct{ Body MemberView }

func (s *Service) routeMoves(a *web.API) {
	web.Register(a, web.Op{
		ID: "moveMember", Method: http.MethodPost, Path: "/api/v1/members/{memberId}/moves", Tag: "organisation",
		Summary: "Change where a member belongs and how they take part, from an instant on.",
	}, s.move)
}

func (s *Service) move(ctx context.Context, in *moveInput) (*moveOutput, error) {
	m := Move{OrgID: in.Body.OrgID, Kind: in.Body.Kind, Standing: in.Body.Standing, Left: in.Body.Left}
	if in.Body.Since != nil {
		m.At = clock.Trim(*in.Body.Since)
	}
	moved, err := s.MoveMember(ctx, web.ActorFrom(ctx), in.MemberID.ID, m)
	if err != nil {
		return nil, err
	}
	return &moveOutput{s.view(moved)}, nil
}
