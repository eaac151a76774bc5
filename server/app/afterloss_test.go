package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"themeday/server/checkin"
	"themeday/server/ident"
	"themeday/server/org"
	"themeday/server/store/storetest"
)

// theHall is more people than a page of the list (500) or a message to a screen (50) holds.
const theHall = 620

// TestNobodyIsMissingAfterALoss: a screen that was away while a crowd came knows of every one of them when it is back.
func TestNobodyIsMissingAfterALoss(t *testing.T) {
	people := []org.Person{{Name: "本书记", OpenID: openID("本书记"), Roles: []string{"secretary"}}}
	for i := range theHall {
		people = append(people, org.Person{Name: fmt.Sprintf("党员%03d", i)})
	}
	w := worldOf(t, settings(t, storetest.SQLiteDSN(t)), org.Tree{
		Name: "区委", Kind: org.District, Orgs: []org.Tree{{Name: "本村", Kind: org.Branch, Members: people}},
	})
	path := w.published("本村")
	w.clock.Advance(2 * time.Hour)
	server := httptest.NewServer(w.app.API.Handler())
	defer server.Close()
	defer w.app.Checkin.Stop() // or the server would wait for the screen
	secretary := w.as("本书记")

	wall := newScreen(t, server.URL, secretary.token, path)
	if state := wall.next(patience); state.Counts.Present != 0 || state.Counts.Expected != theHall+1 {
		t.Fatalf("before anybody came the screen shows %+v", state.Counts)
	}
	_ = wall.conn.CloseNow()
	w.hallArrives(path)

	wall = newScreen(t, server.URL, secretary.token, path)
	state := wall.next(patience)
	if state.Counts.Present != theHall || state.Counts.Pending != 1 || len(state.Items) != 50 || state.Items[0].MemberName != fmt.Sprintf("党员%03d", theHall-1) {
		t.Errorf("back again the screen shows %+v and %d people, the latest first: %+v", state.Counts, len(state.Items), state.Items[:1])
	}
	came := map[string]int{}
	for after := ""; ; {
		page := secretary.want(http.StatusOK, get, path+"/attendance?limit=500&after="+after, nil)
		for _, row := range page.list("items") {
			if row["status"] == "present" {
				came[fmt.Sprint(row["memberName"])]++
			}
		}
		if after = page.get("next"); after == "" {
			break
		}
		// Who comes between two pages must move nobody out of them.
		secretary.want(http.StatusOK, http.MethodPut, path+"/attendance/"+w.ids["本书记"].String(), map[string]string{"status": "present"})
	}
	for i := range theHall {
		if name := fmt.Sprintf("党员%03d", i); came[name] != 1 {
			t.Errorf("%s is %d times on the list", name, came[name])
		}
	}
}

// hallArrives records everybody but the secretary, one a second.
func (w *world) hallArrives(path string) {
	w.t.Helper()
	id, err := ident.Parse(w.lastPart(path))
	if err != nil {
		w.t.Fatal(err)
	}
	e, err := w.app.Events.Load(w.t.Context(), w.app.DB.Read(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	var marks []checkin.Imported
	for i := range theHall {
		m, err := w.app.Orgs.MemberByID(w.t.Context(), w.app.DB.Read(), w.ids[fmt.Sprintf("党员%03d", i)])
		if err != nil {
			w.t.Fatal(err)
		}
		marks = append(marks, checkin.Imported{Member: m, Status: checkin.Present, Source: checkin.Scan, At: w.clock.Now().Add(time.Duration(i-theHall) * time.Second)})
	}
	if err := w.app.Checkin.Import(w.t.Context(), e, marks); err != nil {
		w.t.Fatal(err)
	}
}
