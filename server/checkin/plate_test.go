package checkin_test

import (
	"strings"
	"testing"
	"time"

	"themeday/server/checkin"
	"themeday/server/event"
	"themeday/server/site"
)

// site opens a site that the district looks after.
func (w *world) site(t *testing.T) site.Site {
	t.Helper()
	made, err := w.sites.Create(t.Context(), w.actor(t, "区委书记"), site.Draftable{
		Kind: site.RedEducation, Name: "红色小屋", Org: w.orgID(t, "区委"), Position: &site.Position{Lat: 31, Lng: 121}, Radius: 200,
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// heldAt makes an event one at the site; where it is on the map is left to the site.
func heldAt(s site.Site) func(*event.Draftable) {
	return func(d *event.Draftable) { d.Site, d.Place.Position = s.ID, nil }
}

func (w *world) scanPlate(t *testing.T, s site.Site, name string) (checkin.Here, error) {
	t.Helper()
	_, list, _, err := w.checkin.ScanPlate(t.Context(), w.actor(t, name), "https://party.example.cn/c/"+s.PlateText()+"?from=camera")
	if err != nil {
		return checkin.Here{}, err
	}
	if len(list) != 1 {
		t.Fatalf("%d things to choose from", len(list))
	}
	return list[0], nil
}

// failures counts the refused scans that were kept with this reason.
func (w *world) failures(t *testing.T, reason string) int {
	t.Helper()
	return w.count(t, "SELECT COUNT(*) FROM failed_scans WHERE reason = ?", reason)
}

func plate(t *testing.T, w *world) {
	s := w.site(t)
	e := w.event(t, heldAt(s))
	here, err := w.scanPlate(t, s, "党员")
	if err != nil || here.Event.ID != e.ID || here.Already != nil {
		t.Fatalf("%+v, %v", here, err)
	}
	act := checkin.Act{Key: w.newKey(), Proof: checkin.Proof{Ticket: here.Ticket}, Point: &checkin.Point{Lat: 31, Lng: 121.001}}
	a, _, repeated, err := w.checkin.CheckIn(t.Context(), w.actor(t, "党员"), act)
	if err != nil || repeated || a.Source != checkin.Plate || a.Status != checkin.Present || a.Position != checkin.Near {
		t.Errorf("%+v, %v, %v", a, repeated, err)
	}
	if here, err = w.scanPlate(t, s, "党员"); err != nil || here.Already == nil || here.Already.Source != checkin.Plate {
		t.Errorf("the second scan: %+v, %v", here, err)
	}
	// without a ticket, from far away: it counts, and the distance is kept for the secretary
	act = checkin.Act{Key: w.newKey(), Proof: checkin.Proof{Code: s.PlateText()}, Point: &checkin.Point{Lat: 31.5, Lng: 121}}
	a, _, _, err = w.checkin.CheckIn(t.Context(), w.actor(t, "委员"), act)
	if err != nil || a.Source != checkin.Plate || a.Position != checkin.Far {
		t.Errorf("%+v, %v", a, err)
	}
	if got := w.status(t, e, "委员"); got != "present/plate!" {
		t.Errorf("the list says %s", got)
	}
	// somebody else's ticket is worth nothing
	act = checkin.Act{Key: w.newKey(), Proof: checkin.Proof{Ticket: here.Ticket}}
	_, _, _, err = w.checkin.CheckIn(t.Context(), w.actor(t, "组员"), act)
	refused(t, err, "code_forged")
}

func plateRefused(t *testing.T, w *world) {
	s, elsewhere := w.site(t), w.site(t)
	e := w.event(t, heldAt(s))
	stolen := s
	stolen.Plate.Key = []byte("a key that was made up at home..")
	unknown := s
	unknown.ID++
	check := func(name, code, want string) {
		t.Helper()
		before := w.failures(t, want)
		_, _, _, err := w.checkin.ScanPlate(t.Context(), w.actor(t, name), code)
		refused(t, err, want)
		_, _, _, err = w.checkin.CheckIn(t.Context(), w.actor(t, name), checkin.Act{Key: w.newKey(), Proof: checkin.Proof{Code: code}})
		refused(t, err, want)
		if kept := w.failures(t, want) - before; kept != 2 {
			t.Errorf("%s: %d of two refusals were kept", want, kept)
		}
	}
	check("党员", elsewhere.PlateText(), "nothing_here")
	check("外人", s.PlateText(), "nothing_here") // the event is no business of theirs
	check("停权", s.PlateText(), "nothing_here")
	check("路人", s.PlateText(), "not_bound")
	check("党员", stolen.PlateText(), "code_forged")
	check("党员", unknown.PlateText(), "code_forged")
	check("党员", s.PlateText()[:20], "code_malformed")
	check("党员", "s"+strings.Repeat("0", 400), "code_malformed")
	w.clock.Set(e.Window.OpensAt.Add(-time.Minute))
	check("党员", s.PlateText(), "event_not_open_yet")
	w.clock.Set(e.Window.ClosesAt.Add(time.Second))
	check("党员", s.PlateText(), "nothing_here")

	w.clock.Set(at("15:05"))
	old := s.PlateText()
	renewed, err := w.sites.RenewPlate(t.Context(), w.actor(t, "区委书记"), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	check("党员", old, "plate_replaced")
	if _, err := w.scanPlate(t, renewed, "党员"); err != nil {
		t.Errorf("the new plate: %v", err)
	}
	if _, err := w.sites.Close(t.Context(), w.actor(t, "区委书记"), s.ID); err != nil {
		t.Fatal(err)
	}
	check("党员", renewed.PlateText(), "site_closed")
	if _, err := w.sites.Reopen(t.Context(), w.actor(t, "区委书记"), s.ID); err != nil {
		t.Fatal(err)
	}
	w.close(t, e)
	check("党员", renewed.PlateText(), "nothing_here")
}

func plateOfSeveral(t *testing.T, w *world) {
	s := w.site(t)
	first := w.event(t, heldAt(s))
	second := w.event(t, heldAt(s), func(d *event.Draftable) { d.Title, d.Host = "党小组会", w.orgID(t, "一组") })
	_, _, _, err := w.checkin.CheckIn(t.Context(), w.actor(t, "组员"), checkin.Act{Key: w.newKey(), Proof: checkin.Proof{Code: s.PlateText()}})
	refused(t, err, "several_here")
	_, list, expires, err := w.checkin.ScanPlate(t.Context(), w.actor(t, "组员"), s.PlateText())
	if err != nil || len(list) != 2 || list[0].Event.ID != first.ID || list[1].Event.ID != second.ID || !expires.Equal(at("15:05")) {
		t.Fatalf("%+v until %v, %v", list, expires, err)
	}
	a, e, _, err := w.checkin.CheckIn(t.Context(), w.actor(t, "组员"), checkin.Act{Key: w.newKey(), Proof: checkin.Proof{Ticket: list[1].Ticket}})
	if err != nil || e.ID != second.ID || a.Source != checkin.Plate {
		t.Errorf("%+v, %v", a, err)
	}
	if got := w.status(t, first, "组员"); got != "pending/!" {
		t.Errorf("the other event says %s", got)
	}
	if here, err := w.scanPlate(t, s, "党员"); err != nil || here.Event.ID != first.ID {
		t.Errorf("who is asked to one of them gets that one: %+v, %v", here, err)
	}
}

// plateLater: a plate tells no time, so a scan that was kept counts while the event is not closed, and not after.
func plateLater(t *testing.T, w *world) {
	s := w.site(t)
	e := w.event(t, heldAt(s))
	w.clock.Set(at("17:00")) // the check-in window is over, the event is not closed
	late := func(name, scanned string) (checkin.Attendance, error) {
		a, _, err := w.checkin.CheckInLater(t.Context(), w.actor(t, name), checkin.Act{Key: w.newKey(), Proof: checkin.Proof{Code: s.PlateText()}}, at(scanned))
		return a, err
	}
	a, err := late("党员", "15:02")
	if err != nil || a.Source != checkin.Offline || a.Status != checkin.Present || !a.At.Equal(at("15:02")) {
		t.Errorf("%+v, %v", a, err)
	}
	_, err = late("委员", "16:45")
	refused(t, err, "nothing_here")
	w.close(t, e)
	_, err = late("组员", "15:02")
	refused(t, err, "nothing_here")
}
