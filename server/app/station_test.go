package app_test

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// packed takes a pack along as 本书记 and returns its id and the proof of 本党员, found as a phone does.
func (w *world) packed(event string) (id, proof string) {
	w.t.Helper()
	pack := w.as("本书记").want(http.StatusCreated, post, event+"/packs", map[string]string{"device": "华为"})
	key, err := base64.StdEncoding.DecodeString(pack.get("key"))
	sealed, err2 := base64.StdEncoding.DecodeString(pack.get("sealed"))
	if err != nil || err2 != nil {
		w.t.Fatal(err, err2)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		w.t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		w.t.Fatal(err)
	}
	id = pack.get("id")
	plain, err := aead.Open(nil, sealed[:12], sealed[12:], []byte("roster pack "+id))
	if err != nil {
		w.t.Fatal(err)
	}
	var content struct {
		People []struct{ Name, Proof string }
	}
	if err := json.Unmarshal(plain, &content); err != nil {
		w.t.Fatal(err)
	}
	for _, p := range content.People {
		if p.Name == "本党员" {
			proof = p.Proof
		}
	}
	return id, proof
}

func (w *world) stationBody(id, event string) any {
	pack, proof := w.packed(event)
	item := map[string]any{"key": "k", "packId": pack, "memberId": w.ids["本党员"].String(), "proof": proof, "scannedAt": w.clock.Now()}
	if id == "answerStation" {
		item["answer"], item["revision"] = "record", 0
		return item
	}
	return map[string]any{"items": []any{item}}
}

// TestStationOverHTTP: a question travels with both versions, and its answer settles it.
func TestStationOverHTTP(t *testing.T) {
	w := newWorld(t)
	event := w.published("本村", "客村")
	w.clock.Advance(2 * time.Hour)
	item := w.stationBody("answerStation", event)
	secretary := w.as("本书记")
	member := "/attendance/" + w.ids["本党员"].String()
	secretary.want(http.StatusOK, put, event+member, map[string]string{"status": "sick"})
	batch := map[string]any{"items": []any{item}}
	a := secretary.want(http.StatusOK, post, event+"/station/batch", batch)
	for path, want := range map[string]string{
		"items.0.key": "k", "items.0.outcome": "question", "items.0.question.reason": "marked_otherwise", "items.0.question.status": "present",
		"items.0.question.source": "roll", "items.0.attendance.status": "sick", "items.0.attendance.revision": "1", "items.0.error": "",
	} {
		if got := a.get(path); got != want {
			t.Errorf("%s is %q, want %q in %s", path, got, want, a.Text)
		}
	}
	answer, _ := item.(map[string]any)
	if refusal := secretary.want(http.StatusConflict, post, event+"/station/answers", answer); refusal.get("code") != "attendance_changed" {
		t.Errorf("answered about another revision: %s", refusal.Text)
	}
	answer["revision"] = 1
	if done := secretary.want(http.StatusOK, post, event+"/station/answers", answer); done.get("attendance.status") != "present" {
		t.Errorf("answered: %s", done.Text)
	}
	if again := secretary.want(http.StatusOK, post, event+"/station/batch", batch); again.get("items.0.outcome") != "recorded" {
		t.Errorf("sent again: %s", again.Text)
	}
}
