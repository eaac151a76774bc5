package remind

import "context"

// Stock is how many messages of one template a WeChat identity still allows.
type Stock struct {
	OpenID     string
	TemplateID string
	Remaining  int
}

// Stocks returns all that is left, for a simulated WeChat that has forgotten what it was told before a restart.
func (s *Service) Stocks(ctx context.Context) ([]Stock, error) {
	var stocks []Stock
	err := s.DB.Read().NewRaw(`
SELECT u.openid AS open_id, g.template_id, g.remaining FROM grants g JOIN users u ON u.id = g.user_id
WHERE g.remaining > 0 ORDER BY g.user_id, g.template_id`).Scan(ctx, &stocks)
	return stocks, err
}
