package app_test

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"themeday/server/ident"
)

// deeds are done a minute apart: those of 本村 first, then one of 客村, and at last a role given in 本村. The two corrections
// share an instant. It returns what they are called, the newest first.
func (w *world) deeds() []string {
	w.t.Helper()
	held := w.published("本村")
	w.clock.Advance(time.Minute)
	for _, status := range []string{"sick", "duty", "private"} { // the first one corrects nothing
		w.as("本书记").want(http.StatusOK, put, held+"/attendance/"+w.ids["本党员"].String(), map[string]string{"status": status})
	}
	w.clock.Advance(time.Minute)
	w.as("本书记").want(http.StatusOK, post, held+"/cancel", map[string]string{"reason": `大雨, "改期", 请打13800010001`})
	w.clock.Advance(time.Minute)
	w.published("客村")
	w.clock.Advance(time.Minute)
	w.as("区管理").want(http.StatusNoContent, put, "/api/v1/orgs/"+w.orgs["本村"].String()+"/roles/keeper/"+w.ids["本党员"].String(), map[string]string{})
	return []string{"任命职务", "发布活动", "取消活动", "更正签到", "更正签到", "发布活动"}
}

// audited returns the titles of a page of the audit, and where the next one begins.
func (p *phone) audited(query string) (titles []string, next string) {
	p.w.t.Helper()
	page := p.want(http.StatusOK, get, audits+"?"+query, nil)
	for i := range page.list("items") {
		titles = append(titles, page.get("items."+strconv.Itoa(i)+".title"))
	}
	return titles, page.get("next")
}

// exported returns the lines of the audit as a table, without the heading.
func (p *phone) exported(query string) [][]string {
	p.w.t.Helper()
	file := p.want(http.StatusOK, get, audits+"/export?"+query, nil)
	text, marked := strings.CutPrefix(file.Text, "\ufeff") // for Excel
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !marked || file.Header.Get("Content-Type") != "text/csv; charset=utf-8" || strings.Join(lines[0], " ") != "时间 操作人 所在组织 操作 对象 相关组织 说明 来源网段 已封存" {
		p.w.t.Fatalf("table of %q: %v, %s\n%s", query, err, file.Header.Get("Content-Type"), file.Text)
	}
	return lines[1:]
}

// TestAuditFilters: each way to ask for less of the record, in the list and in the table alike.
func TestAuditFilters(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		all := w.deeds()
		at := func(minutes int) string { return start.Add(time.Duration(minutes) * time.Minute).Format(time.RFC3339) }
		of := func(id ident.ID) string { return id.String() }
		home := of(w.orgs["本村"])
		for _, c := range []struct {
			name, who, query string
			want             []string
		}{
			{"everything", "区管理", "", all},
			{"what one answers for", "本书记", "", append([]string{all[0]}, all[2:]...)},
			{"a branch", "区管理", "org=" + of(w.orgs["客村"]), all[1:2]},
			{"a committee with what is below it", "区管理", "org=" + of(w.orgs["乡党委"]), all},
			{"another committee", "区管理", "org=" + of(w.orgs["镇党委"]), nil},
			{"done by somebody", "区管理", "member=" + of(w.ids["客书记"]), all[1:2]},
			{"done to somebody", "区管理", "member=" + of(w.ids["本党员"]), []string{"任命职务", "更正签到", "更正签到"}},
			{"one action", "区管理", "action=event.published", []string{"发布活动", "发布活动"}},
			{"all of a noun", "区管理", "action=event", []string{"发布活动", "取消活动", "发布活动"}},
			{"since an instant, which counts", "区管理", "from=" + at(3), all[:2]},
			{"before an instant, which does not", "区管理", "to=" + at(1), all[5:]},
			{"a span", "区管理", "from=" + at(1) + "&to=" + at(3), all[2:5]},
			{"all at once", "区管理", "org=" + home + "&action=event&member=" + of(w.ids["本书记"]) + "&from=" + at(1) + "&to=" + at(4), all[2:3]},
		} {
			reader := w.as(c.who)
			listed, next := reader.audited(c.query)
			var lines []string
			for _, line := range reader.exported(c.query) {
				lines = append(lines, line[3])
			}
			took := func(title string) bool { return title == "导出操作记录" } // what this test itself does
			listed, lines = slices.DeleteFunc(listed, took), slices.DeleteFunc(lines, took)
			if !slices.Equal(listed, c.want) || !slices.Equal(lines, c.want) || next != "" {
				t.Errorf("%s: list %v, table %v, want %v", c.name, listed, lines, c.want)
			}
		}
	})
}

// TestAuditPages: pages of any size make up the whole, also in the middle of an instant and while more is done.
func TestAuditPages(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		want, admin := w.deeds(), w.as("区管理")
		for size := 1; size <= len(want)+1; size++ {
			var got []string
			for next := ""; ; {
				page, after := admin.audited("limit=" + strconv.Itoa(size) + "&action=event&after=" + next)
				rest, _ := admin.audited("limit=1&after=" + next) // what is asked for in between changes nothing
				if len(rest) != 1 || len(page) > size {
					t.Fatalf("a page of %d: %v, %v", size, page, rest)
				}
				got = append(got, page...)
				if next = after; next == "" {
					break
				}
			}
			if !slices.Equal(got, []string{"发布活动", "取消活动", "发布活动"}) {
				t.Errorf("events in pages of %d: %v", size, got)
			}
		}
		var got []string
		for next, first := "", true; first || next != ""; first = false {
			var page []string
			page, next = admin.audited("limit=1&after=" + next)
			got = append(got, page...)
			w.clock.Advance(time.Second)
			w.published("远村")
		}
		if !slices.Equal(got, want) {
			t.Errorf("one by one: %v, want %v", got, want)
		}
	})
}

// TestAuditTable: a line of the table says all that is known of a deed, and no number that somebody has written into it; who
// took it is on record.
func TestAuditTable(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.deeds()
		if err := w.app.Sealer.All(t.Context()); err != nil {
			t.Fatal(err)
		}
		admin, query := w.as("区管理"), "action=event.cancelled&org="+w.orgs["本村"].String()
		lines := admin.exported(query)
		if len(lines) != 1 {
			t.Fatalf("lines %v", lines)
		}
		line := lines[0]
		why, network := line[6], line[7]
		line[6], line[7] = "", ""
		if got := strings.Join(line, "|"); got != "2026-12-10 14:02:00|本书记|本村|取消活动|十二月主题党日|本村|||是" {
			t.Errorf("line %s", got)
		}
		if !strings.Contains(why, `原因：大雨, "改期", 请打`) || strings.Contains(why, "13800010001") || !strings.Contains(network, "/24") {
			t.Errorf("why %s, from %s", why, network)
		}
		name := admin.want(http.StatusOK, get, audits+"/export?"+query, nil).Header.Get("Content-Disposition")
		if want := `filename*=UTF-8''%E6%9C%AC%E6%9D%91%E6%93%8D%E4%BD%9C%E8%AE%B0%E5%BD%95.csv`; !strings.Contains(name, want) {
			t.Errorf("name %s", name)
		}
		if took, _ := w.as("本书记").audited("action=look.audit"); len(took) != 1 {
			t.Errorf("who took the table: %v", took)
		}
	})
}
