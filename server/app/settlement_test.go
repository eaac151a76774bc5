package app_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestSettlementOverHTTP closes an event, reads its record and its table, and opens it again.
func TestSettlementOverHTTP(t *testing.T) {
	w := newWorld(t)
	event, secretary := w.published("本村"), w.as("本书记")
	w.clock.Advance(2 * time.Hour)
	member := event + "/attendance/" + w.ids["本党员"].String()
	secretary.want(http.StatusOK, put, member, map[string]string{"status": "sick", "reason": "=cmd|' /C calc'!A0"})
	preview := secretary.want(http.StatusOK, get, event+"/settlement", nil)
	if preview.get("closed") != "false" || preview.get("counts.leave") != "1" || preview.get("counts.pending") != "0" || preview.get("counts.absent") == "0" {
		t.Errorf("preview: %s", preview.Text)
	}
	w.clock.Advance(2 * time.Hour)
	secretary.want(http.StatusOK, post, event+"/close", nil)
	record := secretary.want(http.StatusOK, get, event+"/settlement?limit=1", nil)
	if record.get("closed") != "true" || len(record.list("items")) != 1 || record.get("next") == "" || record.get("steps.0.step") != "closed" || record.get("steps.0.by.name") != "本书记" {
		t.Errorf("record: %s", record.Text)
	}
	if rest := secretary.want(http.StatusOK, get, event+"/settlement?after="+record.get("next"), nil); rest.get("items.0.memberId") == record.get("items.0.memberId") {
		t.Errorf("the second page begins like the first: %s", rest.Text)
	}
	if why := secretary.want(http.StatusOK, get, member, nil); why.get("why") != "member" || !strings.Contains(why.get("sentences.1"), "病假") {
		t.Errorf("explanation: %s", why.Text)
	}
	checkTable(t, secretary.want(http.StatusOK, get, event+"/settlement.csv", nil))
	again := secretary.want(http.StatusOK, post, event+"/reopen", map[string]string{"reason": "漏记了两位"})
	if again.get("state") != "published" || again.get("can.close") != "true" || again.get("can.reopen") != "false" {
		t.Errorf("reopened: %s", again.Text)
	}
}

func checkTable(t *testing.T, a answer) {
	t.Helper()
	if kind := a.Header.Get("Content-Type"); kind != "text/csv; charset=utf-8" || !strings.Contains(a.Header.Get("Content-Disposition"), "filename*=UTF-8''") {
		t.Errorf("headers %v", a.Header)
	}
	text, marked := strings.CutPrefix(a.Text, "\ufeff")
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !marked || len(lines) < 3 {
		t.Fatalf("%v: %q", err, a.Text)
	}
	for _, line := range lines[1:] {
		if line[0] == "本党员" {
			if line[4] != "病假" || line[8] != "'=cmd|' /C calc'!A0" {
				t.Errorf("%q", line)
			}
			return
		}
	}
	t.Errorf("本党员 is not in the table: %q", lines)
}
