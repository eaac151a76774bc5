package roster

// For the tests of the pure parts.
var (
	ReadDate   = readDate
	ReadName   = readName
	IsIdentity = isIdentity
	Told       = told
)

// ReadPhone returns the number, else "masked", "bad" or "none".
func ReadPhone(text string) string {
	switch c := readPhone(text); {
	case c.number != "":
		return c.number
	case c.mask != "":
		return "masked"
	case c.bad:
		return "bad"
	}
	return "none"
}
