package fault_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"themeday/server/fault"
)

func TestConstructors(t *testing.T) {
	for kind, f := range map[fault.Kind]*fault.Error{
		fault.KindInvalid: fault.Invalid("code", "话"), fault.KindUnauthenticated: fault.Unauthenticated("code", "话"),
		fault.KindForbidden: fault.Forbidden("code", "话"), fault.KindNotFound: fault.NotFound("code", "话"), fault.KindConflict: fault.Conflict("code", "话"),
		fault.KindTooMany: fault.TooMany("code", "话"), fault.KindUnavailable: fault.Unavailable("code", "话"),
	} {
		if f.Kind != kind || f.Code != "code" || f.Message != "话" || f.Fields != nil || f.RetryAfter != 0 || f.Unwrap() != nil {
			t.Errorf("%+v", f)
		}
	}
	if f := fault.Internal(io.EOF); f.Kind != fault.KindInternal || f.Code != "internal" || f.Message == "" || !errors.Is(f, io.EOF) {
		t.Errorf("%+v", f)
	}
}

func TestIsAndAs(t *testing.T) {
	declared := fault.Conflict("too_late", "晚了")
	met := fmt.Errorf("more: %w", declared.WithCause(io.EOF).WithMessage("晚了%d分钟", 5).WithField("at", "太晚"))
	if !errors.Is(met, declared) || !errors.Is(met, io.EOF) || !errors.Is(met, fault.NotFound("too_late", "")) {
		t.Errorf("%v is not what it was made from", met)
	}
	if errors.Is(met, fault.Conflict("too_early", "晚了")) || errors.Is(met, io.ErrUnexpectedEOF) || errors.Is(fmt.Errorf("more: %w", io.EOF), declared) {
		t.Errorf("%v is something else", met)
	}
	var f *fault.Error
	if !errors.As(met, &f) || f.Message != "晚了5分钟" || f.Fields["at"] != "太晚" {
		t.Errorf("%+v", f)
	}
}

func TestCopiesLeaveTheDeclaredAlone(t *testing.T) {
	declared := fault.Invalid("input", "有误").WithField("a", "错")
	one, two := declared.WithField("b", "错"), declared.WithField("c", "错")
	_ = declared.WithCause(io.EOF)
	_ = declared.WithMessage("别的")
	_ = declared.WithRetryAfter(time.Second)
	if len(declared.Fields) != 1 || len(one.Fields) != 2 || len(two.Fields) != 2 || two.Fields["b"] != "" {
		t.Errorf("%v %v %v", declared.Fields, one.Fields, two.Fields)
	}
	if declared.Message != "有误" || declared.RetryAfter != 0 || declared.Unwrap() != nil {
		t.Errorf("%+v", declared)
	}
}

func TestText(t *testing.T) {
	f := fault.NotFound("gone", "没有")
	if f.Error() != "gone" || f.WithCause(io.EOF).Error() != "gone: EOF" {
		t.Errorf("%q, %q", f.Error(), f.WithCause(io.EOF).Error())
	}
}

func TestFromAndCodeOf(t *testing.T) {
	inner := fault.Conflict("inner", "里")
	for name, c := range map[string]struct {
		err  error
		code string
		kind fault.Kind
	}{
		"a fault":         {inner, "inner", fault.KindConflict},
		"wrapped":         {fmt.Errorf("more: %w", inner), "inner", fault.KindConflict},
		"joined":          {errors.Join(io.EOF, inner), "inner", fault.KindConflict},
		"around another":  {fault.Forbidden("outer", "外").WithCause(inner), "outer", fault.KindForbidden},
		"anything else":   {io.EOF, "internal", fault.KindInternal},
		"wrapped, others": {fmt.Errorf("more: %w", io.EOF), "internal", fault.KindInternal},
	} {
		if f := fault.From(c.err); f.Code != c.code || f.Kind != c.kind || fault.CodeOf(c.err) != c.code {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if fault.From(nil) != nil || fault.CodeOf(nil) != "" {
		t.Error("nothing is something")
	}
	if f := fault.From(io.EOF); !errors.Is(f, io.EOF) {
		t.Error("the cause is lost")
	}
}
