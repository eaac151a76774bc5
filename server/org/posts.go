package org

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"themeday/server/audit"
	"themeday/server/authz"
	"themeday/server/clock"
	"themeday/server/fault"
	"themeday/server/ident"
	"themeday/server/recall"
)

// Post is what a member does in an organisation. It gives no rights; who holds one other than GroupLeader belongs to the
// committee, and is expected at its meetings.
type Post string

// The posts.
const (
	PostSecretary    Post = "secretary"        // 书记
	DeputySecretary  Post = "deputy_secretary" // 副书记
	PostOrganisation Post = "organisation"     // 组织委员
	Publicity        Post = "publicity"        // 宣传委员
	Discipline       Post = "discipline"       // 纪检委员
	YouthWork        Post = "youth"            // 青年委员
	UnitedFront      Post = "united_front"     // 统战委员
	MassWork         Post = "mass_work"        // 群众工作委员
	Confidentiality  Post = "confidentiality"  // 保密委员
	CommitteeMember  Post = "committee_member" // 委员
	GroupLeader      Post = "group_leader"     // 党小组长
)

// HeldPost is a post and the organisation it is held in.
type HeldPost struct {
	Post  Post     `json:"post" enum:"secretary,deputy_secretary,organisation,publicity,discipline,youth,united_front,mass_work,confidentiality,committee_member,group_leader"`
	OrgID ident.ID `json:"orgId"`
}

var errNoGroup = fault.Invalid("invalid_input", "不在党小组里的党员不能任党小组长").WithField("posts", "请先把这位党员编入党小组")

// places returns where each of the posts of a member of the last organisation of chain, which leads down from the root, is
// held: a group's leader leads the group, everything else belongs to the committee of the branch that the group is part of.
// It returns invalid_input for a leader of no group.
func places(chain []Org, posts []Post) ([]HeldPost, error) {
	own := chain[len(chain)-1]
	branch := own
	if own.Kind == Group && len(chain) > 1 {
		branch = chain[len(chain)-2]
	}
	var held []HeldPost
	for _, post := range posts {
		on := branch
		if post == GroupLeader {
			if on = own; own.Kind != Group {
				return nil, errNoGroup
			}
		}
		if h := (HeldPost{post, on.ID}); !slices.Contains(held, h) {
			held = append(held, h)
		}
	}
	return held, nil
}

type postRow struct {
	bun.BaseModel `bun:"table:member_posts"`

	MemberID ident.ID
	OrgID    ident.ID
	Post     Post
	ByMember ident.ID
	At       int64
}

// SetPosts makes these the posts of a member, and no others. The actor must run the member's organisation. It returns
// not_found, invalid_input.
func (s *Service) SetPosts(ctx context.Context, actor authz.Actor, member ident.ID, posts []Post) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		m, err := s.memberHere(ctx, tx, actor, member)
		if err != nil {
			return err
		}
		chain, err := s.chain(ctx, tx, m.OrgPath)
		if err != nil {
			return err
		}
		held, err := places(chain, posts)
		if err != nil {
			return err
		}
		if _, err := tx.NewRaw("DELETE FROM member_posts WHERE member_id = ?", member).Exec(ctx); err != nil {
			return err
		}
		rows := make([]postRow, len(held))
		for i, h := range held {
			rows[i] = postRow{MemberID: member, OrgID: h.OrgID, Post: h.Post, ByMember: actor.MemberID, At: clock.Millis(s.clock.Now())}
		}
		if err := insertAll(ctx, tx, rows); err != nil {
			return err
		}
		if err := audit.Note(ctx, tx, s.about(audit.PostChanged, member, m.OrgPath, map[string]any{"posts": posts})); err != nil {
			return err
		}
		return s.watch.Note(ctx, tx, recall.Ref{Kind: recall.Member, ID: member})
	})
}

// chain returns the organisations of a path, from the root down.
func (s *Service) chain(ctx context.Context, db bun.IDB, path string) ([]Org, error) {
	orgs, err := s.Orgs(ctx, db, PathIDs(path))
	if err == nil && len(orgs) == 0 {
		err = errOrgNotFound
	}
	slices.SortFunc(orgs, func(a, b Org) int { return len(a.Path) - len(b.Path) })
	return orgs, err
}

// postsOf returns the posts of each of the members.
func (s *Service) postsOf(ctx context.Context, db bun.IDB, members []ident.ID) (map[ident.ID][]HeldPost, error) {
	posts := make(map[ident.ID][]HeldPost, len(members))
	if len(members) == 0 {
		return posts, nil
	}
	var rows []postRow
	err := db.NewRaw("SELECT member_id, org_id, post FROM member_posts WHERE member_id IN (?) ORDER BY at, post", bun.List(members)).Scan(ctx, &rows)
	for _, r := range rows {
		posts[r.MemberID] = append(posts[r.MemberID], HeldPost{r.Post, r.OrgID})
	}
	return posts, err
}

// endWithMove ends what a move leaves behind: posts in organisations that the member no longer belongs to, and a transfer
// that waits.
func (s *Service) endWithMove(ctx context.Context, tx bun.IDB, before Member, m Move) error {
	if !m.Left && m.OrgID == before.OrgID {
		return nil
	}
	keep := []ident.ID{0}
	if !m.Left {
		orgs, err := s.Orgs(ctx, tx, []ident.ID{m.OrgID})
		if err != nil || len(orgs) == 0 {
			return err
		}
		keep = PathIDs(orgs[0].Path)
	}
	if _, err := tx.NewRaw("DELETE FROM member_posts WHERE member_id = ? AND org_id NOT IN (?)", before.ID, bun.List(keep)).Exec(ctx); err != nil {
		return err
	}
	return overtake(ctx, tx, clock.Millis(s.clock.Now()), "pending_for = ?", before.ID)
}

// endWithMerge ends what a merge leaves behind: posts in the organisation that is no more, and transfers to and from it.
func endWithMerge(ctx context.Context, tx bun.IDB, gone ident.ID, at int64) error {
	if _, err := tx.NewRaw("DELETE FROM member_posts WHERE org_id = ?", gone).Exec(ctx); err != nil {
		return err
	}
	return overtake(ctx, tx, at, "from_org = ? OR to_org = ?", gone, gone)
}
