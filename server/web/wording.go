package web

import (
	"sync"
	"time"
	"unicode"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
)

const (
	oneSecond       = time.Second
	almostOneSecond = time.Second - 1
	retryWhenBusy   = time.Second
)

// translateValidation gives huma's validation our sentences and our error body. Both are variables of the library,
// shared by the whole process, so it is done once.
var translateValidation = sync.OnceFunc(func() {
	huma.DefaultArrayNullable = false
	huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
		return problemFromHuma(ctx.Context(), status, errs)
	}
	huma.NewError = func(status int, _ string, _ ...error) huma.StatusError {
		return &Problem{status: status} // the contract's example; answers are made with a context
	}
	validation.MsgExpectedRFC3339DateTime = "应为日期时间，如 2026-12-10T07:00:00Z"
	validation.MsgExpectedBoolean = "应为是或否"
	validation.MsgExpectedNumber = "应为数字"
	validation.MsgExpectedInteger = "应为整数"
	validation.MsgExpectedString = "应为文字"
	validation.MsgExpectedArray = "应为列表"
	validation.MsgExpectedObject = "应为一组内容"
	validation.MsgExpectedArrayItemsUnique = "不能有重复的项"
	validation.MsgExpectedOneOf = "只能是 %s 中的一个"
	validation.MsgExpectedMatchAtLeastOneSchema = "格式不对"
	validation.MsgExpectedMinimumNumber = "不能小于 %v"
	validation.MsgExpectedMaximumNumber = "不能大于 %v"
	validation.MsgExpectedMinLength = "至少 %d 个字"
	validation.MsgExpectedMaxLength = "最多 %d 个字"
	validation.MsgExpectedMatchPattern = "格式不对（%s）"
	validation.MsgExpectedBePattern = "格式不对（%s）"
	validation.MsgExpectedMinItems = "至少 %d 项"
	validation.MsgExpectedMaxItems = "最多 %d 项"
	validation.MsgExpectedMinProperties = "至少填写 %d 项"
	validation.MsgExpectedMaxProperties = "最多填写 %d 项"
	validation.MsgExpectedRequiredProperty = missingField + "%s"
})

// missingField begins what the library says of a field that is not there, before its name.
const missingField = "缺少 "

// inChinese keeps the sentences above and replaces whatever the library says in its own words.
func inChinese(message string) string {
	for _, r := range message {
		if unicode.Is(unicode.Han, r) {
			return message
		}
	}
	return "格式不对"
}
