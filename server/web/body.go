package web

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// jsonFormat is how bodies are read and written.
var jsonFormat = huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: readJSON}

var errNUL = errors.New("web: NUL in a text")

// readJSON refuses texts with NUL in them: nobody types it, and not every database can keep it. The library reads each
// body twice, first into anything for the validation; that is where it shows.
func readJSON(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return err
	}
	if anything, ok := into.(*any); ok && holdsNUL(*anything) {
		return errNUL
	}
	return nil
}

func holdsNUL(value any) bool {
	switch v := value.(type) {
	case string:
		return strings.Contains(v, "\x00")
	case []any:
		for _, item := range v {
			if holdsNUL(item) {
				return true
			}
		}
	case map[string]any:
		for name, item := range v {
			if holdsNUL(name) || holdsNUL(item) {
				return true
			}
		}
	}
	return false
}
