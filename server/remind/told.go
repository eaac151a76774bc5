package remind

import (
	"cmp"
	"time"

	"themeday/server/event"
	"themeday/server/ident"
	"themeday/server/org"
)

// way is how the latest news of an event has got to a member. Of several the highest counts.
type way int

const (
	missed   way = iota // nothing has reached them
	coming              // a message is on its way
	byPhone             // they have been phoned
	byAnswer            // they have come, or asked for leave
	byInbox             // they have opened it in the inbox
	byWeChat            // a message has arrived
)

// news is what members have last been told of an event as a whole, and how that has got to each of them.
type news struct {
	era  []reminderRow // the reminders that tell it, the oldest first; none while nobody has been told anything
	ways map[ident.ID]way
	why  map[ident.ID]string // why the last message to somebody did not arrive
}

// eraOf returns the reminders since members were last told something new and of the event as a whole: who has got any
// of them knows what there is to know. There are none while such news is still to come: nobody has been missed yet.
func eraOf(reminders []reminderRow) []reminderRow {
	var era []reminderRow
	for _, r := range reminders {
		begun := r.Rounds > 0
		if r.Kind.isNews() && (begun || r.State == planned) {
			era = nil
		}
		if begun && r.Kind.ofEvent() {
			era = append(era, r)
		}
	}
	return era
}

// newsOf puts together what is known of the era; by says who is known to know it otherwise than by a message. Whom the
// month's ceiling has spared the message need not be phoned as long as another reminder is to come.
func newsOf(reminders []reminderRow, deliveries []deliveryRow, by map[way][]ident.ID) news {
	n := news{era: eraOf(reminders), ways: map[ident.ID]way{}, why: map[ident.ID]string{}}
	in := map[ident.ID]bool{}
	for _, r := range n.era {
		in[r.ID] = true
	}
	again := moreToCome(reminders)
	for _, d := range deliveries {
		if !in[d.ReminderID] {
			continue
		}
		switch {
		case d.State == Sent:
			n.reach(d.MemberID, byWeChat)
		case d.State == Pending || d.State == Sending || d.Reason == whyJoined || again && d.Reason == whyCeiling:
			n.reach(d.MemberID, coming)
		default:
			n.why[d.MemberID] = d.Reason
		}
	}
	for w, members := range by {
		for _, id := range members {
			n.reach(id, w)
		}
	}
	return n
}

func moreToCome(reminders []reminderRow) bool {
	for _, r := range reminders {
		if r.State == planned && traits[r.Kind].topic == Before {
			return true
		}
	}
	return false
}

func (n news) reach(member ident.ID, w way) { n.ways[member] = max(n.ways[member], w) }

// id names the news: the reminder with which it began. 0 when there is none.
func (n news) id() ident.ID {
	if len(n.era) == 0 {
		return 0
	}
	return n.era[0].ID
}

const whyNeverTold = "名单有变动，还没有通知过"

// toCall is somebody whom nothing has reached.
type toCall struct {
	member org.Member
	why    string
}

// toPhone returns whom the secretary has to phone, in the order of the roster. There is nobody to phone before the first
// reminder and after the event.
func (n news) toPhone(e event.Event, now time.Time, members []org.Member) []toCall {
	over := e.State == event.Draft || e.State == event.Closed || !now.Before(e.EndsAt)
	if over || len(n.era) == 0 {
		return nil
	}
	var all []toCall
	for _, m := range members {
		if n.ways[m.ID] == missed {
			all = append(all, toCall{m, cmp.Or(n.why[m.ID], whyNeverTold)})
		}
	}
	return all
}

// count returns how many of the members the news has reached in each way.
func (n news) count(members []org.Member) map[way]int {
	counts := map[way]int{}
	for _, m := range members {
		counts[n.ways[m.ID]]++
	}
	return counts
}
