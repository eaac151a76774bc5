package app_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestSwiftAnswersAsDeclared sends each check-in twice: as it is, and with a field more that has an escape in it, which
// only the declared way reads. Nobody must be able to tell the two apart.
func TestSwiftAnswersAsDeclared(t *testing.T) {
	w := newWorld(t)
	_, codes := w.opened()
	member, resident := w.as("本党员"), w.as("本未绑")
	ticket := member.want(http.StatusOK, http.MethodPost, "/api/v1/scans", map[string]string{"code": codes[0]}).get("ticket")
	member.checkIn(codes[0])
	for name, body := range map[string]map[string]any{
		"recorded before":     {"key": "other", "code": codes[0]},
		"by ticket":           {"key": "other", "ticket": ticket},
		"with a position":     {"key": "other", "code": codes[0], "position": map[string]any{"lat": 30, "lng": 120}},
		"half a position":     {"key": "other", "code": codes[0], "position": map[string]any{"lat": 30}},
		"both proofs":         {"key": "other", "code": codes[0], "ticket": ticket},
		"no proof":            {"key": "other"},
		"no key":              {"code": codes[0]},
		"an empty key":        {"key": "", "code": codes[0]},
		"a long key":          {"key": strings.Repeat("长", 65), "code": codes[0]},
		"a Chinese key":       {"key": strings.Repeat("长", 64), "code": codes[0]},
		"a long device":       {"key": "other", "code": codes[0], "device": strings.Repeat("d", 65)},
		"a long code":         {"key": "other", "code": strings.Repeat("x", 301)},
		"no code":             {"key": "other", "code": "not a code"},
		"a wrong type":        {"key": 7, "code": codes[0]},
		"a ticket of null":    {"key": "other", "code": codes[0], "ticket": nil},
		"a wrong event":       {"key": "other", "code": "123456", "eventId": "not an id"},
		"spoken, no event":    {"key": "other", "code": "123456"},
		"a field of tomorrow": {"key": "other", "code": codes[0], "mood": "好"},
	} {
		for _, who := range []*phone{member, resident, w.nobody()} {
			t.Run(name+" by "+who.name, func(t *testing.T) {
				swift := who.call(http.MethodPost, "/api/v1/checkins", body)
				escaped := maps.Clone(body)
				escaped["another"] = `\`
				declared := who.call(http.MethodPost, "/api/v1/checkins", escaped)
				if swift.Status != declared.Status || same(swift) != same(declared) || swift.Header.Get("Content-Type") != declared.Header.Get("Content-Type") {
					t.Errorf("swift: %d %s %s\ndeclared: %d %s %s", swift.Status, swift.Header.Get("Content-Type"), swift.Text,
						declared.Status, declared.Header.Get("Content-Type"), declared.Text)
				}
			})
		}
	}
	w.clock.Advance(time.Minute)
	if swift := member.call(http.MethodPost, "/api/v1/checkins", `{"key": "k`); swift.Status != http.StatusBadRequest {
		t.Errorf("broken JSON: %d %s", swift.Status, swift.Text)
	}
}

// same is an answer without what names the request.
func same(a answer) string {
	var body map[string]any
	if json.Unmarshal([]byte(a.Text), &body) != nil {
		return a.Text
	}
	delete(body, "requestId")
	text, err := json.Marshal(body)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
