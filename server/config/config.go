// Package config reads the settings: defaults, then the YAML file, then the environment; a secret may be in a file named
// by NAME_FILE instead. Validate reports everything that is wrong at once. The annotated example in configs is the
// manual of every setting.
package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/goccy/go-yaml"
)

// Mode is what the server is for.
type Mode string

// The modes. Demo simulates WeChat and keeps everything in one folder.
const (
	Demo       Mode = "demo"
	Production Mode = "production"
)

// Config is all settings. Each is described in configs/themeday.example.yaml.
type Config struct {
	Mode           Mode     `yaml:"mode" env:"MODE"`
	Addr           string   `yaml:"addr" env:"ADDR"`
	PublicURL      string   `yaml:"public_url" env:"PUBLIC_URL"`
	DataDir        string   `yaml:"data_dir" env:"DATA_DIR"`
	ClientDir      string   `yaml:"client_dir" env:"CLIENT_DIR"`
	DatabaseDSN    string   `yaml:"database_dsn" env:"DATABASE_DSN"`
	RedisURL       string   `yaml:"redis_url" env:"REDIS_URL"`
	Secret         string   `yaml:"secret" env:"SECRET"`
	PhoneSecrets   []string `yaml:"phone_secrets" env:"PHONE_SECRETS"`
	TrustedProxies []string `yaml:"trusted_proxies" env:"TRUSTED_PROXIES"`
	LogLevel       string   `yaml:"log_level" env:"LOG_LEVEL"`
	LogFormat      string   `yaml:"log_format" env:"LOG_FORMAT"`
	WeChat         WeChat   `yaml:"wechat" envPrefix:"WECHAT_"`
	Official       Official `yaml:"official_account" envPrefix:"OFFICIAL_"`
	Limits         Limits   `yaml:"limits" envPrefix:"LIMIT_"`
	Workers        int      `yaml:"workers" env:"WORKERS"`

	Retention Retention `yaml:"retention" envPrefix:"KEEP_"`

	ShutdownTimeout time.Duration `yaml:"shutdown_timeout" env:"SHUTDOWN_TIMEOUT"`
}

// WeChat is the mini-program's account.
type WeChat struct {
	AppID     string `yaml:"app_id" env:"APP_ID"`
	AppSecret string `yaml:"app_secret" env:"APP_SECRET"`
	State     string `yaml:"state" env:"STATE"`
	Simulator *bool  `yaml:"simulator" env:"SIMULATOR"` // nil follows the mode
	APIURL    string `yaml:"api_url" env:"API_URL"`
	Templates string `yaml:"templates" env:"TEMPLATES"`

	PushToken  string `yaml:"push_token" env:"PUSH_TOKEN"`
	PushAESKey string `yaml:"push_aes_key" env:"PUSH_AES_KEY"`
}

// Official is the official account (服务号) beside the mini-program; without an app id there is none.
type Official struct {
	AppID      string `yaml:"app_id" env:"APP_ID"`
	AppSecret  string `yaml:"app_secret" env:"APP_SECRET"`
	PushToken  string `yaml:"push_token" env:"PUSH_TOKEN"`
	PushAESKey string `yaml:"push_aes_key" env:"PUSH_AES_KEY"`
}

// Limits bound how fast one caller may be: requests per second in the long run, and how many at once.
type Limits struct {
	AddressRate  float64 `yaml:"address_rate" env:"ADDRESS_RATE"`
	AddressBurst int     `yaml:"address_burst" env:"ADDRESS_BURST"`
	SessionRate  float64 `yaml:"session_rate" env:"SESSION_RATE"`
	SessionBurst int     `yaml:"session_burst" env:"SESSION_BURST"`
}

// Retention is for how many days things are kept after they have lost their use; each is described in the example.
type Retention struct {
	Sessions     int `yaml:"sessions" env:"SESSIONS"`
	FailedScans  int `yaml:"failed_scans" env:"FAILED_SCANS"`
	Evidence     int `yaml:"evidence" env:"EVIDENCE"`
	Devices      int `yaml:"devices" env:"DEVICES"`
	Packs        int `yaml:"packs" env:"PACKS"`
	Messages     int `yaml:"messages" env:"MESSAGES"`
	Deliveries   int `yaml:"deliveries" env:"DELIVERIES"`
	Looks        int `yaml:"looks" env:"LOOKS"`
	Corrections  int `yaml:"corrections" env:"CORRECTIONS"`
	DroppedJobs  int `yaml:"dropped_jobs" env:"DROPPED_JOBS"`
	AccountGrace int `yaml:"account_grace" env:"ACCOUNT_GRACE"`
}

// named returns the settings by their names in the file.
func (r Retention) named() map[string]int {
	return map[string]int{
		"sessions": r.Sessions, "failed_scans": r.FailedScans, "evidence": r.Evidence, "devices": r.Devices, "packs": r.Packs, "messages": r.Messages,
		"deliveries": r.Deliveries, "looks": r.Looks, "corrections": r.Corrections, "dropped_jobs": r.DroppedJobs, "account_grace": r.AccountGrace,
	}
}

// demoSecret opens nothing: production refuses it.
const demoSecret = "themeday-demo-secret-not-for-production-use"

// Defaults returns the settings of a demonstration.
func Defaults() Config {
	return Config{
		Mode: Demo, Addr: "127.0.0.1:8080", DataDir: "data", ClientDir: "miniprogram/dist/build/h5", Secret: demoSecret,
		// Refused scans are looked at within the half year in which an event's record may be questioned.
		Retention: Retention{
			Sessions: 7, FailedScans: 180, Evidence: 30, Devices: 30, Packs: 30, Messages: 1095, Deliveries: 1095, Looks: 365, Corrections: 365,
			DroppedJobs: 365, AccountGrace: 7,
		},
		LogLevel: "info", LogFormat: "text", Workers: 4, ShutdownTimeout: 10 * time.Second,
		WeChat: WeChat{State: "formal"},
		// A hall of hundreds logs in from one address within a minute.
		Limits: Limits{AddressRate: 50, AddressBurst: 1000, SessionRate: 20, SessionBurst: 100},
	}
}

// Load reads the settings from the file, when there is one, and the environment ("NAME=value"). The error lists all
// problems, one a line.
func Load(file string, environment []string) (Config, error) {
	c := Defaults()
	if file != "" {
		text, err := os.ReadFile(file) //nolint:gosec // the operator names the file
		if err != nil {
			return c, fmt.Errorf("config: %w", err)
		}
		if err := yaml.UnmarshalWithOptions(text, &c, yaml.Strict()); err != nil {
			// Without the lines around the place, which the library would show: they hold secrets.
			return c, fmt.Errorf("config: %s: %s", file, yaml.FormatError(err, false, false))
		}
	}
	values, err := withFiles(environment)
	if err != nil {
		return c, err
	}
	if err := env.ParseWithOptions(&c, env.Options{Environment: values, Prefix: Prefix}); err != nil {
		return c, fmt.Errorf("config: %w", err)
	}
	c.derive()
	return c, c.Validate()
}

// Prefix begins the name of every variable.
const Prefix = "THEMEDAY_"

// withFiles replaces THEMEDAY_X_FILE by THEMEDAY_X with the content of the file it names.
func withFiles(environment []string) (map[string]string, error) {
	values := map[string]string{}
	var problems []error
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, Prefix) {
			continue
		}
		setting, isFile := strings.CutSuffix(name, "_FILE")
		if !isFile {
			values[name] = value
			continue
		}
		text, err := os.ReadFile(value) //nolint:gosec // the operator names the file
		if err != nil {
			problems = append(problems, fmt.Errorf("config: %s: %w", name, err))
			continue
		}
		values[setting] = strings.TrimSpace(string(text))
	}
	return values, errors.Join(problems...)
}

// derive fills in what follows from other settings.
func (c *Config) derive() {
	if c.DatabaseDSN == "" {
		c.DatabaseDSN = "sqlite:" + filepath.Join(c.DataDir, "themeday.db")
	}
	if c.PublicURL == "" {
		c.PublicURL = "http://" + c.Addr
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	c.PhoneSecrets = strings.Fields(strings.Join(c.PhoneSecrets, " ")) // a file has one on each line
}

// Simulated reports whether WeChat is simulated: as chosen, else in the demonstration.
func (c Config) Simulated() bool {
	if c.WeChat.Simulator != nil {
		return *c.WeChat.Simulator
	}
	return c.Mode == Demo
}

// minSecret is 32 characters: 128 bits even when somebody types hexadecimal digits.
const minSecret = 32

// Validate returns nil, or an error that lists every problem.
func (c Config) Validate() error {
	var problems []error
	note := func(wrong bool, format string, args ...any) {
		if wrong {
			problems = append(problems, fmt.Errorf("config: "+format, args...))
		}
	}
	note(c.Mode != Demo && c.Mode != Production, "mode is %q; it must be demo or production", c.Mode)
	note(!addressed(c.Addr), "addr is %q; it must be host:port", c.Addr)
	public, err := url.Parse(c.PublicURL)
	note(err != nil || public.Host == "" || public.Scheme != "http" && public.Scheme != "https", "public_url must be an http or https address")
	scheme, _, _ := strings.Cut(c.DatabaseDSN, ":")
	note(scheme != "sqlite" && scheme != "mysql", "database_dsn must begin with sqlite: or mysql:")
	note(len(c.Secret) < minSecret, "secret must have at least %d characters", minSecret)
	for i, secret := range c.PhoneSecrets {
		note(len(secret) < minSecret, "phone_secrets: number %d must have at least %d characters, without blanks", i+1, minSecret)
	}
	note(!slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel), "log_level is %q; it must be debug, info, warn or error", c.LogLevel)
	note(c.LogFormat != "text" && c.LogFormat != "json", "log_format is %q; it must be text or json", c.LogFormat)
	note(c.Workers < 1 || c.Workers > 256, "workers is %d; it must be 1 to 256", c.Workers)
	note(c.ShutdownTimeout <= 0, "shutdown_timeout must be positive")
	note(c.Limits.AddressRate <= 0 || c.Limits.SessionRate <= 0 || c.Limits.AddressBurst < 1 || c.Limits.SessionBurst < 1, "limits must be positive")
	for name, days := range c.Retention.named() {
		note(days < 1 || days > 3650, "retention.%s is %d; it must be 1 to 3650 days", name, days)
	}
	for _, proxy := range c.TrustedProxies {
		_, err1 := netip.ParseAddr(proxy)
		_, err2 := netip.ParsePrefix(proxy)
		note(err1 != nil && err2 != nil, "trusted_proxies: %q is neither an address nor a network", proxy)
	}
	if c.Mode == Production {
		c.validateProduction(note)
	} else {
		note(c.reachable(), "addr is %q; the demonstration lets anybody be anyone, so it serves this machine only (127.0.0.1)", c.Addr)
	}
	return errors.Join(problems...)
}

func (c Config) validateProduction(note func(bool, string, ...any)) {
	note(c.Secret == demoSecret, "secret is the demonstration's; set THEMEDAY_SECRET or THEMEDAY_SECRET_FILE")
	note(c.Simulated(), "wechat.simulator must be off in production")
	note(c.WeChat.APIURL != "", "wechat.api_url is for the simulator; it must be empty in production")
	note(c.WeChat.AppID == "", "wechat.app_id is missing")
	note(c.WeChat.AppSecret == "", "wechat.app_secret is missing; set THEMEDAY_WECHAT_APP_SECRET or THEMEDAY_WECHAT_APP_SECRET_FILE")
	note(c.WeChat.PushToken != "" && c.WeChat.PushAESKey == "", "wechat.push_aes_key is missing: choose the safe mode (安全模式) in the console")
	c.Official.validate(c.WeChat.AppID, note)
	note(!strings.HasPrefix(c.PublicURL, "https://"), "public_url must begin with https:// in production: codes are opened by phones")
}

func (o Official) validate(mini string, note func(bool, string, ...any)) {
	if o == (Official{}) {
		return
	}
	note(o.AppID == "", "official_account.app_id is missing")
	note(o.AppID != "" && o.AppID == mini, "official_account.app_id is the mini-program's; it must be the official account's own")
	note(o.AppSecret == "", "official_account.app_secret is missing; set THEMEDAY_OFFICIAL_APP_SECRET or THEMEDAY_OFFICIAL_APP_SECRET_FILE")
	note(o.PushToken != "" && o.PushAESKey == "", "official_account.push_aes_key is missing: choose the safe mode (安全模式) in the console")
}

func addressed(addr string) bool {
	_, port, found := strings.Cut(addr, ":")
	return found && port != "" || strings.Contains(addr, "]:")
}

// reachable reports whether a demonstration would be reachable from other machines.
func (c Config) reachable() bool {
	host := c.Addr[:max(0, strings.LastIndexByte(c.Addr, ':'))]
	if host == "localhost" {
		return false
	}
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err != nil || !address.IsLoopback()
}
