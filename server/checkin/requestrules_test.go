package checkin_test

import (
	"testing"
	"time"

	"themeday/server/checkin"
	"themeday/server/event"
)

func TestWanted(t *testing.T) {
	for _, c := range []struct {
		name   string
		kind   checkin.RequestKind
		wanted checkin.Status
		reason string
		code   string
	}{
		{"sick leave", checkin.AskLeave, checkin.Sick, "发烧", ""},
		{"duty leave", checkin.AskLeave, checkin.Duty, "去县里开会", ""},
		{"private leave", checkin.AskLeave, checkin.Private, "家里有事", ""},
		{"make-up", checkin.AskMakeup, checkin.Present, "手机没电", ""},
		{"leave to be present", checkin.AskLeave, checkin.Present, "发烧", "invalid_input"},
		{"leave to be exempt", checkin.AskLeave, checkin.Exempt, "发烧", "invalid_input"},
		{"make-up for leave", checkin.AskMakeup, checkin.Sick, "发烧", "invalid_input"},
		{"make-up to be late", checkin.AskMakeup, checkin.Late, "发烧", "invalid_input"},
		{"another kind", "holiday", checkin.Sick, "发烧", ""}, // the contract refuses it before
		{"no reason", checkin.AskLeave, checkin.Sick, "", "reason_required"},
		{"one character", checkin.AskLeave, checkin.Sick, "病", "reason_required"},
	} {
		t.Run(c.name, func(t *testing.T) { refused(t, checkin.CheckWanted(c.kind, c.wanted, c.reason), c.code) })
	}
}

func TestMayAsk(t *testing.T) {
	const ms = time.Millisecond
	opens, ends, month := -30*time.Minute, 90*time.Minute, 30*24*time.Hour
	leave, makeup := checkin.AskLeave, checkin.AskMakeup
	for _, c := range []struct {
		name     string
		kind     checkin.RequestKind
		state    event.State
		x        checkin.Expectation
		recorded checkin.Status
		at       time.Duration // after the start
		code     string
	}{
		{"leave days before", leave, event.Published, checkin.Expected, checkin.Pending, -72 * time.Hour, ""},
		{"leave at the last moment", leave, event.Published, checkin.Expected, checkin.Pending, -ms, ""},
		{"leave at the start", leave, event.Published, checkin.Expected, checkin.Pending, 0, "leave_too_late"},
		{"leave after the close", leave, event.Closed, checkin.Expected, checkin.Absent, -ms, "leave_too_late"},
		{"leave from a draft", leave, event.Draft, checkin.Expected, checkin.Pending, -time.Hour, "event_not_published"},
		{"leave from what was called off", leave, event.Cancelled, checkin.Expected, checkin.Pending, -time.Hour, "event_cancelled"},
		{"leave by somebody not asked", leave, event.Published, checkin.Outside, checkin.Pending, -time.Hour, "not_expected"},
		{"leave by somebody excused", leave, event.Published, checkin.Excused, checkin.Pending, -time.Hour, "not_expected"},
		{"leave twice", leave, event.Published, checkin.Expected, checkin.Duty, -time.Hour, "already_on_leave"},
		{"leave after having come", leave, event.Published, checkin.Expected, checkin.Present, -time.Minute, "already_present"},
		{"leave over the secretary's absent", leave, event.Published, checkin.Expected, checkin.Absent, -time.Hour, ""},
		{"make-up before the window", makeup, event.Published, checkin.Expected, checkin.Pending, opens - ms, "event_not_open_yet"},
		{"make-up in the window", makeup, event.Published, checkin.Expected, checkin.Pending, opens, ""},
		{"make-up after the end", makeup, event.Published, checkin.Expected, checkin.Pending, ends + time.Hour, ""},
		{"make-up after the close", makeup, event.Closed, checkin.Expected, checkin.Absent, ends + time.Hour, ""},
		{"make-up within thirty days", makeup, event.Closed, checkin.Expected, checkin.Absent, ends + month, ""},
		{"make-up after thirty days", makeup, event.Closed, checkin.Expected, checkin.Absent, ends + month + ms, "makeup_too_late"},
		{"make-up by somebody excused", makeup, event.Closed, checkin.Excused, checkin.Exempt, ends, ""},
		{"make-up by somebody not asked", makeup, event.Closed, checkin.Outside, checkin.Pending, ends, "not_expected"},
		{"make-up after leave", makeup, event.Closed, checkin.Expected, checkin.Sick, ends, ""},
		{"make-up by who came", makeup, event.Closed, checkin.Expected, checkin.Late, ends, "already_present"},
		{"make-up of what was called off", makeup, event.Cancelled, checkin.Expected, checkin.Pending, ends, "event_cancelled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := planned(c.state)
			refused(t, checkin.MayAsk(e, c.kind, c.x, c.recorded, e.StartsAt.Add(c.at)), c.code)
		})
	}
}

func TestMayDecide(t *testing.T) {
	const late = 60*24*time.Hour + time.Millisecond
	for _, c := range []struct {
		name        string
		state       checkin.RequestState
		of          event.State
		own, others bool
		at          time.Duration // after the end
		code        string
	}{
		{"somebody else's", checkin.RequestPending, event.Published, false, true, 0, ""},
		{"after the close", checkin.RequestPending, event.Closed, false, true, time.Hour, ""},
		{"after two months", checkin.RequestPending, event.Closed, false, true, late, "request_expired"},
		{"their own", checkin.RequestPending, event.Published, true, true, 0, "own_request"},
		{"their own, where nobody else can", checkin.RequestPending, event.Published, true, false, 0, ""},
		{"approved", checkin.RequestApproved, event.Published, false, true, 0, "request_decided"},
		{"declined", checkin.RequestDeclined, event.Published, false, true, 0, "request_decided"},
		{"withdrawn", checkin.RequestWithdrawn, event.Published, false, true, 0, "request_decided"},
		{"for what was called off", checkin.RequestPending, event.Cancelled, false, true, 0, "event_cancelled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := planned(c.of)
			err := checkin.MayDecide(checkin.Request{State: c.state, Event: e}, c.own, c.others, e.EndsAt.Add(c.at))
			refused(t, err, c.code)
		})
	}
}

func TestMayApproveAndWithdraw(t *testing.T) {
	for _, c := range []struct {
		kind           checkin.RequestKind
		state          checkin.RequestState
		of             event.State
		recorded       checkin.Status
		grant, regrets string
	}{
		{checkin.AskLeave, checkin.RequestPending, event.Published, checkin.Pending, "", ""},
		{checkin.AskLeave, checkin.RequestPending, event.Closed, checkin.Absent, "", ""},
		{checkin.AskLeave, checkin.RequestPending, event.Published, checkin.Present, "already_present", ""},
		{checkin.AskLeave, checkin.RequestApproved, event.Published, checkin.Sick, "", ""},
		{checkin.AskLeave, checkin.RequestApproved, event.Closed, checkin.Sick, "", "event_closed"},
		{checkin.AskLeave, checkin.RequestDeclined, event.Published, checkin.Pending, "", "request_decided"},
		{checkin.AskMakeup, checkin.RequestPending, event.Closed, checkin.Sick, "", ""},
		{checkin.AskMakeup, checkin.RequestPending, event.Closed, checkin.Late, "already_present", ""},
		{checkin.AskMakeup, checkin.RequestApproved, event.Published, checkin.Present, "already_present", "request_decided"},
	} {
		r := checkin.Request{Kind: c.kind, State: c.state, Event: planned(c.of)}
		t.Run(string(c.kind)+" "+string(c.state)+" "+string(c.recorded), func(t *testing.T) {
			refused(t, checkin.MayApprove(r, c.recorded), c.grant)
			refused(t, checkin.MayWithdraw(r), c.regrets)
		})
	}
}
