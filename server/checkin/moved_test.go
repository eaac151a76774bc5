package checkin_test

import (
	"testing"

	"themeday/server/checkin"
	"themeday/server/event"
	"themeday/server/org"
	"themeday/server/store"
	"themeday/server/store/storetest"
)

// TestMovedMeanwhile: the roster of the beginning counts, also for those who belong elsewhere by the time they check in, because
// they moved or their branch did. In whichever way they come, they are recorded where they took part.
func TestMovedMeanwhile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		admin, here := w.actor(t, "区委书记"), w.site(t)
		e := w.event(t, heldAt(here), func(d *event.Draftable) { d.Guests = append(d.Guests, w.orgID(t, "街道党委")) })
		w.clock.Set(at("15:10"))
		for _, name := range []string{"党员", "委员", "流入"} {
			w.move(t, name, "三支部", org.Normal, at("15:05"))
		}
		if _, err := w.people.Move(t.Context(), admin, w.orgID(t, "二支部"), w.orgID(t, "镇党委"), 1, "move"); err != nil {
			t.Fatal(err)
		}
		w.clock.Set(at("15:20"))
		w.scan(t, e, "书记")
		act := func(name string, p checkin.Proof) func() (checkin.Attendance, error) {
			return func() (checkin.Attendance, error) {
				a, _, _, err := w.checkin.CheckIn(t.Context(), w.actor(t, name), checkin.Act{Key: w.newKey(), Proof: p})
				return a, err
			}
		}
		for name, c := range map[string]struct {
			org string
			by  func() (checkin.Attendance, error)
		}{
			"党员":  {"一支部", act("党员", checkin.Proof{Code: w.code(t, e)})},
			"客党员": {"二支部", act("客党员", checkin.Proof{Code: w.code(t, e)})},
			"客书记": {"二支部", act("客书记", checkin.Proof{Code: here.PlateText()})},
			"委员": {"一支部", func() (checkin.Attendance, error) {
				a, _, err := w.checkin.Help(t.Context(), w.actor(t, "书记"), e.ID, w.actor(t, "委员").MemberID, w.newKey())
				return a, err
			}},
			"流入": {"一支部", func() (checkin.Attendance, error) {
				a, _, err := w.held(t, "书记", e, w.newKey(), w.own(t, "流入").URL)
				return a, err
			}},
		} {
			a, err := c.by()
			if err != nil || !a.Expected || a.Member.OrgName != c.org || a.Status != checkin.Late {
				t.Errorf("%s: %+v, %v", name, a, err)
			}
		}
		if got, counts := w.list(t, e); got["党员"] != "late/scan!" || counts.Present != 6 {
			t.Errorf("%v, %+v", got, counts)
		}
		_, err := act("外人", checkin.Proof{Code: w.code(t, e)})()
		refused(t, err, "not_expected")
	})
}
