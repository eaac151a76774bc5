package org

import (
	"context"
	"net/http"

	"themeday/server/web"
)

func (s *Service) routeSetup(a *web.API) {
	web.Register(a, web.Op{
		ID: "getSetup", Method: http.MethodGet, Path: "/api/v1/setup",
		Tag: "roles", Summary: "Whether somebody could become the first administrator now.",
	}, s.getSetup)
	web.Register(a, web.Op{
		ID: "redeemSetupCode", Method: http.MethodPost, Path: "/api/v1/setup", Status: http.StatusNoContent,
		Tag: "roles", Summary: "Become the first administrator with the code that the operator of the server has.",
	}, s.redeemSetupCode)
}

// SetupView says how the first administrator begins.
type SetupView struct {
	Open  bool `json:"open" doc:"A code can be entered: nobody administers yet, and the operator has made one"`
	Empty bool `json:"empty" doc:"There is no organisation yet: its name and the caller's own are needed, too"`
}

type setupOutput struct{ Body SetupView }

func (s *Service) getSetup(ctx context.Context, _ *struct{}) (*setupOutput, error) {
	out := &setupOutput{}
	open, err := s.setupOpen(ctx)
	if err != nil || !open {
		return out, err
	}
	has, err := s.HasAdmin(ctx)
	if err != nil || has {
		return out, err
	}
	out.Body.Open = true
	out.Body.Empty, err = s.Empty(ctx)
	return out, err
}

type redeemInput struct {
	Body struct {
		Code    string `json:"code" minLength:"1" maxLength:"32" doc:"Spaces, hyphens and case do not matter"`
		OrgName string `json:"orgName,omitempty" maxLength:"60" doc:"Of the root, when there is no organisation yet"`
		Name    string `json:"name,omitempty" maxLength:"40" doc:"Of the caller, likewise"`
	}
}

func (s *Service) redeemSetupCode(ctx context.Context, in *redeemInput) (*struct{}, error) {
	return nil, s.FirstAdmin(ctx, web.ActorFrom(ctx), Setup{in.Body.Code, in.Body.OrgName, in.Body.Name})
}
