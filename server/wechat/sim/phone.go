package sim

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"time"
)

// Each page is three files so that it works under a content security policy of default-src 'self'.
//
//go:embed phone
var phoneFiles embed.FS

var pages = template.Must(template.ParseFS(phoneFiles, "phone/*.html"))

// page serves phone.html, a simulated phone's service notifications or the people to choose from when no person is named; or
// push.html, by which a developer pushes by hand.
func (s *Sim) page(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var page bytes.Buffer
		about := map[string]any{
			"Name": s.opts.Name, "Initial": string([]rune(s.opts.Name)[:1]), "PageLink": s.opts.PageLink, "Faults": PushFaults(), "Statuses": Statuses(),
		}
		if err := pages.ExecuteTemplate(&page, name, about); err != nil {
			http.Error(w, "模拟器出了点问题", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
		_, _ = w.Write(page.Bytes())
	})
}

func asset(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, err := phoneFiles.ReadFile("phone/" + name)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
	})
}
