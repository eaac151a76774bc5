package event

import (
	"context"

	"themeday/server/ident"
	"themeday/server/recall"
)

// Remember lets the service keep events that are asked for often. Use it before serving.
func (s *Service) Remember(w *recall.Watch) {
	s.watch = w
	s.memory = recall.NewMemory(w, func(ctx context.Context, ids []ident.ID) (map[ident.ID]*Event, error) {
		events, err := s.LoadMany(ctx, s.db.Read(), ids)
		byID := make(map[ident.ID]*Event, len(events))
		for i := range events {
			byID[events[i].ID] = &events[i]
		}
		return byID, err
	}, func(e *Event) [3]recall.Ref {
		return [3]recall.Ref{{Kind: recall.Event, ID: e.ID}, {Kind: recall.Tree}}
	})
}

// Recall is Load from memory: the event as it was at most recall.Fresh ago.
func (s *Service) Recall(ctx context.Context, id ident.ID) (Event, error) {
	e, found, err := s.memory.Get(ctx, id)
	if err == nil && !found {
		err = errNotFound
	}
	if err != nil {
		return Event{}, err
	}
	return *e, nil
}
