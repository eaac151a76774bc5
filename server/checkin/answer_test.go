package checkin_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"themeday/server/checkin"
	"themeday/server/ident"
)

// TestAnswerIsWrittenAsDeclared fills every field, whatever fields there are, with values that are hard to write, and
// compares with what encoding/json makes of it.
func TestAnswerIsWrittenAsDeclared(t *testing.T) {
	texts := []string{"张三", "", `say "hi" \ <b>&`, "a\tb\nc\x00\x7f", "\u2028\u2029é", "broken \xff\xe2\x80", "😀"}
	for n, text := range texts {
		for _, at := range []time.Time{{}, time.Date(2026, 7, 10, 1, 2, 3, 0, time.UTC), time.Date(2026, 7, 10, 1, 2, 3, 45e6, time.UTC)} {
			var r checkin.CheckinResult
			if n > 0 {
				fill(reflect.ValueOf(&r).Elem(), text, at)
			}
			var want bytes.Buffer
			encoder := json.NewEncoder(&want)
			encoder.SetEscapeHTML(false)
			if err := encoder.Encode(r); err != nil {
				t.Fatal(err)
			}
			if got := string(r.AppendJSON(nil)) + "\n"; got != want.String() {
				t.Errorf("%q\n%s, want\n%s", text, got, want.String())
			}
		}
	}
}

// fill sets all that v holds; each text says where it stands.
func fill(v reflect.Value, text string, at time.Time) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(at))
		return
	case ident.ID:
		v.SetInt(int64(len(text)) * 1e12)
		return
	}
	switch v.Kind() { //nolint:exhaustive // the others fail the test below
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), fmt.Sprint(text, i), at)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), text, at)
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(7)
	default:
		panic("a field of type " + v.Type().String())
	}
}
