package app_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestLooksElsewhere: people are told of looks at where they were at the time, wherever they are now, and at what they were part of.
func TestLooksElsewhere(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		member, guest, id := w.as("本党员"), w.as("客党员"), w.ids["本党员"].String()
		list := func(who, org string) {
			t.Helper()
			w.clock.Advance(time.Minute)
			w.as(who).want(http.StatusOK, get, "/api/v1/orgs/"+w.orgs[org].String()+"/members", nil)
		}
		seen := func(p *phone) string {
			t.Helper()
			looks := p.want(http.StatusOK, get, myData+"/looks", nil)
			var all []string
			for i := range looks.list("items") {
				item := "items." + strconv.Itoa(i)
				all = append(all, looks.get(item+".name")+" "+looks.get(item+".title"))
			}
			return strings.Join(all, ", ")
		}
		list("本书记", "本村")
		list("邻书记", "邻村")
		w.clock.Advance(time.Minute)
		w.as("乡组织").want(http.StatusOK, post, "/api/v1/members/"+id+"/moves", map[string]any{"orgId": w.orgs["邻村"].String(), "kind": "full", "standing": "normal"})
		w.clock.Advance(24 * time.Hour)
		list("本书记", "本村")
		list("邻书记", "邻村")
		if got := seen(member); got != "邻书记 查看党员名单, 本书记 查看党员名单" {
			t.Errorf("after the move: %s", got)
		}

		event := w.published("本村", "客村")
		w.as("客书记").want(http.StatusOK, put, event+"/attendance/"+w.ids["客党员"].String(), map[string]string{"status": "sick"})
		w.as("本书记").want(http.StatusOK, get, event+"/settlement.csv", nil)
		if got := seen(guest); got != "本书记 导出签到表" {
			t.Errorf("as a guest: %s", got)
		}
		if got := seen(w.as("镇组织")); got != "" {
			t.Errorf("somebody else: %s", got)
		}
	})
}
