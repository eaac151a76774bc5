package sim

import (
	"maps"
	"net/http"
)

// Settings is what wx.getSetting({withSubscriptions: true}) tells of a person as subscriptionsSetting.
type Settings struct {
	MainSwitch   bool              `json:"mainSwitch"`   // false: no question is shown, and nothing is sent
	ItemSettings map[string]string `json:"itemSettings"` // accept or reject by template: only what is settled for good (总是保持以上选择)
}

// Settings returns what the person has settled on the phone.
func (s *Sim) Settings(person string) (Settings, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.person(person)
	if err != nil {
		return Settings{}, err
	}
	settings := Settings{MainSwitch: !p.off, ItemSettings: map[string]string{}}
	maps.Copy(settings.ItemSettings, p.settled)
	return settings, nil
}

// Settle lets the person change the settings: the main switch, and what is answered without a question by template: accept,
// reject, or "" to be asked again. The platform tells the product of what is switched off, and of nothing else.
func (s *Sim) Settle(person string, on bool, answers map[string]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.person(person)
	if err != nil {
		return err
	}
	for id, answer := range answers {
		if s.template(id) == nil || !oneOf(answer, "", "accept", "reject") {
			return &problem{status: http.StatusBadRequest, Code: "bad_setting", Message: "没有这个模板，或者选择不对"}
		}
	}
	p.off = !on
	settled := maps.Clone(p.settled)
	if settled == nil {
		settled = map[string]string{}
	}
	for _, t := range s.templates {
		answer, given := answers[t.ID]
		if !given {
			continue
		}
		if answer == "reject" && settled[t.ID] != "reject" {
			s.grants[grantKey{p.ID, t.ID}] = 0
			s.happened(p.OpenID, changeEvent, map[string]string{"TemplateId": t.ID, "SubscribeStatusString": "reject"})
		}
		if settled[t.ID] = answer; answer == "" {
			delete(settled, t.ID)
		}
	}
	p.settled = settled
	return nil
}

func (s *Sim) controlSettings(r *http.Request) (any, error) {
	settings, err := s.Settings(r.URL.Query().Get("person"))
	if err != nil {
		return nil, err
	}
	return settings, nil
}

func (s *Sim) controlSettle(r *http.Request) (any, error) {
	var request struct {
		Person       string
		MainSwitch   *bool
		ItemSettings map[string]string
	}
	if err := readJSON(r, &request); err != nil {
		return nil, err
	}
	now, err := s.Settings(request.Person)
	if err != nil {
		return nil, err
	}
	if request.MainSwitch != nil {
		now.MainSwitch = *request.MainSwitch
	}
	if err := s.Settle(request.Person, now.MainSwitch, request.ItemSettings); err != nil {
		return nil, err
	}
	return s.Settings(request.Person)
}
