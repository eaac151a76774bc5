package sim

import (
	"encoding/json"
	"net/http"
	"strings"
)

// faultAliases are other names that are read for the fields of a fault, all in plain form.
var faultAliases = map[string]string{
	"path": "endpoint", "n": "times", "count": "times", "code": "errcode", "msg": "errmsg", "httpstatus": "status",
	"timeout": "hang", "truncated": "truncate", "afteraccept": "after", "delayseconds": "delay",
}

// parseFault reads a fault from JSON, without regard to case, "_" and "-" in the names of its fields.
func parseFault(raw []byte) (Fault, error) {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(raw, &given); err != nil {
		return Fault{}, badJSON()
	}
	plain := make(map[string]json.RawMessage, len(given))
	for name, value := range given {
		name = strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
		if proper, ok := faultAliases[name]; ok {
			name = proper
		}
		plain[name] = value
	}
	if ms, ok := plain["delayms"]; ok {
		plain["delay"] = json.RawMessage(`"` + strings.Trim(string(ms), `"`) + `ms"`)
	}
	delete(plain, "id")
	delete(plain, "left")
	joined, err := json.Marshal(plain)
	if err != nil {
		return Fault{}, badJSON() // only a delayMs that is no number
	}
	var f Fault // encoding/json matches names without regard to case
	if err := json.Unmarshal(joined, &f); err != nil {
		return Fault{}, &problem{status: http.StatusBadRequest, Code: "bad_fault", Message: "字段的类型不对：" + err.Error()}
	}
	return f, nil
}

func badJSON() error {
	return &problem{status: http.StatusBadRequest, Code: "bad_json", Message: "请求内容不是有效的 JSON"}
}
