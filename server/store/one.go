package store

// One returns the row that a query by a key has found. When it has found nothing that is the zero value and the error none,
// which may be nil.
func One[T any](rows []T, err, none error) (row T, _ error) {
	switch {
	case err != nil:
		return row, err
	case len(rows) == 0:
		return row, none
	}
	return rows[0], nil
}
