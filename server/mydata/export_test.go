package mydata

// Queries returns the query of each category.
func Queries() map[string]string {
	queries := map[string]string{}
	for _, h := range holdings {
		queries[h.key] = h.query
	}
	return queries
}

// NormalWanted, Above, Span and Shown are the pure rules.
var (
	NormalWanted = normalWanted
	Above        = above
	Span         = span
)

// Shown shows a value as text, an instant, a word or a yes or no.
func Shown(value, as string) string {
	return shown(value, map[string]form{"text": text, "instant": instant, "word": word, "yesNo": yesNo}[as])
}
