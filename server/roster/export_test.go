package roster

// ReadAll reads a file as an upload does, and returns its people with the rest.
func ReadAll(raw []byte) (Contents, []Row, error) {
	var rows []Row
	file, err := open(raw)
	if err != nil {
		return Contents{}, nil, err
	}
	whole, err := readPeople(file, func(r Row) error {
		rows = append(rows, r)
		return nil
	})
	return whole, rows, err
}

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
