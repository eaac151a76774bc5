package org

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"themeday/server/authz"
	"themeday/server/ident"
)

// Notice is a message to members about a transfer.
type Notice struct {
	To    []ident.ID
	OrgID ident.ID // whose transfers there is something to do or to see in; 0 for the one who is handed over
	Title string
	Body  string
}

// askedNotice tells those who run the receiving organisation that somebody waits for their answer.
func askedNotice(name, from string, note string) Notice {
	body := fmt.Sprintf("%s请您这里接收%s。确认后才算这里的党员。", from, name)
	if note != "" {
		body += "附言：" + note
	}
	return Notice{Title: "有党员等待转入", Body: body}
}

// takenInNotice tells the member where they belong from now on.
func takenInNotice(from, to string) Notice {
	return Notice{Title: "您所在的组织有变动", Body: fmt.Sprintf("您已从%s转到%s，以后由%s通知您参加活动。", from, to, to)}
}

// answeredNotice tells who has handed a member over what became of it; reason may be "".
func answeredNotice(state TransferState, name, to, reason string) Notice {
	if state == TransferAccepted {
		return Notice{Title: "转接已确认", Body: fmt.Sprintf("%s已接收%s。", to, name)}
	}
	body := fmt.Sprintf("%s没有接收%s，人仍在原来的组织。", to, name)
	if reason != "" {
		body += "原因：" + reason
	}
	return Notice{Title: "转接被退回", Body: body}
}

// tellTransfer puts what has just become of a transfer into the inboxes of those whom it concerns, but not of the one who did it.
// Nothing is said of one that was taken back: the receiving side finds its list shorter.
func (s *Service) tellTransfer(ctx context.Context, tx bun.IDB, t Transfer, by ident.ID) error {
	members, err := s.MembersByID(ctx, tx, []ident.ID{t.MemberID})
	if err != nil {
		return err
	}
	orgs, err := s.OrgsByID(ctx, tx, []ident.ID{t.FromOrg, t.ToOrg})
	if err != nil {
		return err
	}
	name, from, to := members[t.MemberID].Name, orgs[t.FromOrg].Name, orgs[t.ToOrg].Name
	answered := answeredNotice(t.State, name, to, t.Reason)
	answered.To, answered.OrgID = []ident.ID{t.ByMember}, t.FromOrg
	notices := []Notice{answered}
	switch t.State {
	case TransferPending:
		receivers, err := s.HoldersOf(ctx, tx, t.ToOrg, authz.Secretary, authz.Organiser)
		if err != nil {
			return err
		}
		asked := askedNotice(name, from, t.Note)
		asked.OrgID = t.ToOrg
		for _, m := range receivers {
			asked.To = append(asked.To, m.ID)
		}
		notices = []Notice{asked}
	case TransferAccepted:
		moved := takenInNotice(from, to)
		moved.To = []ident.ID{t.MemberID}
		notices = append(notices, moved)
	case TransferDeclined, TransferWithdrawn:
	}
	for _, n := range notices {
		n.To = slices.DeleteFunc(n.To, func(id ident.ID) bool { return id == by || id == 0 })
		if err := s.inbox.Tell(ctx, tx, n); err != nil {
			return err
		}
	}
	return nil
}
