// Package sim is a stand-in for api.weixin.qq.com and for the phones of people who do not exist. Tests and the
// demonstration run against it, so that the whole product works without an account at WeChat.
//
// It answers as the platform does: HTTP status 200 even for a refusal, errcode and errmsg with a request id in the body,
// single-use codes that live five minutes, tokens that expire and replace each other, grants that are spent, values
// checked against the kind of their key. What the platform is known to do wrong or differently from its manual is done
// here too (a JSON reply labelled text/plain, a PNG labelled image/jpeg, a misspelt errmsg).
//
// # The platform's side
//
// API serves these paths; Transport serves the same without a socket.
//
//	GET  /cgi-bin/token                       token
//	POST /cgi-bin/stable_token                stable_token
//	GET  /sns/jscode2session                  login
//	POST /wxa/business/getuserphonenumber     phone
//	POST /cgi-bin/message/subscribe/send      send
//	GET  /wxaapi/newtmpl/gettemplate          templates
//	POST /wxa/getwxacodeunlimit               minicode
//
// and, for the official account (服务号) beside the mini-program, whose tokens the paths above refuse and the other way round:
//
//	POST /cgi-bin/message/template/send              official_send
//	GET  /cgi-bin/template/get_all_private_template  official_templates
//	GET  /cgi-bin/user/get                           followers
//	GET  /cgi-bin/user/info                          follower
//	POST /cgi-bin/user/info/batchget                 follower_batch
//
// A mini-program code is drawn as a QR code that reads wxa://<appid>/<page>?env_version=<version>&scene=<scene>.
//
// # The control side
//
// Control serves these paths to callers on this machine only; everybody else gets 403 loopback_only. A refusal is
// {code, message}. A person is named by id, or by openid, or by a name that only one person has.
//
//	GET    /__sim/people                      {items: [{id, name, roles, org, bound}]}
//	POST   /__sim/login-codes {person}        {code}: what wx.login would give that person's phone
//	POST   /__sim/phone-codes {person}        {code}: what the phone-number button would give
//	POST   /__sim/taps {person, templateIds, results?}
//	                                          {results}: what wx.requestSubscribeMessage would answer. results overrides
//	                                          the answer (accept) by template id. A refusal also has errCode, the code
//	                                          that the phone would report: 10001, 20001, 20002, 20003 or 20004.
//	GET    /__sim/settings?person=            {mainSwitch, itemSettings}: what wx.getSetting would tell of subscriptions
//	POST   /__sim/settings {person, mainSwitch?, itemSettings?}
//	                                          the same, changed: itemSettings has accept or reject (总是保持以上选择), or "" to be
//	                                          asked again, by template id. What is switched off is pushed.
//	GET    /__sim/pushes                      {items: [{event, openid, name?, items, at}]}: what happened and was not pushed yet
//	POST   /__sim/pushes {faults?}            {statuses}: pushes it to this server, which must have a push token; faults are
//	                                          named below
//	GET    /__sim/official-pushes             as /__sim/pushes, of the official account
//	POST   /__sim/official-pushes {faults?}   likewise; the server must have a push token for that account
//	POST   /__sim/finishes {person, status}   204; what becomes of the person's latest message of the official account: success,
//	                                          "failed:user block", "failed: system failed" or "failed:freq limit"
//	GET    /__sim/push                        a page that shows what waits at both accounts, and does the above by hand
//	POST   /__sim/follows {person, follows}   204; the person follows the official account, or leaves it
//	GET    /__sim/messages?person=            {items: [{id, person, templateId, title, page, lines, data, at, official}]}, newest first
//	GET    /__sim/clock                       {now}
//	POST   /__sim/clock                       {now}; takes {advance: "60s"}, {advance: 60}, {advanceSeconds: 60} or {now: RFC 3339}
//	GET    /__sim/faults                      {items: [fault with id and left]}
//	POST   /__sim/faults                      the fault with its id
//	DELETE /__sim/faults[?id=]                204; all of them, or one
//	GET    /__sim/requests                    {items}: the last 500 requests to the platform's side, secrets masked, newest first
//	DELETE /__sim/tokens                      204; kills every access token, as somebody else's refresh would
//	GET    /__sim/phone?person=               the person's list of messages as a page that refreshes itself
//	*      /__sim/wx/…                        the platform's side again, for a client whose base URL is http://…/__sim/wx
//
// # Pushes
//
// What the platform would push — answered questions, settings that were changed, sent messages — is collected. Push, or
// POST /__sim/pushes, sends it, signed and in safe mode encrypted, with any of these faults at a time; PushOfficial, or POST
// /__sim/official-pushes, does so for the official account, where people come and leave and messages end:
//
//	duplicate     each twice in a row, as after an answer that came too late
//	signed anew   each twice, under a signature of its own
//	replayed      all of them once more, word for word, when all have been sent
//	out of order  the latest first
//	together      what one person did in one moment as one list of several
//	xml           as an account that has chosen XML
//	nested        the list lies one level deeper
//	numbers       ids and codes as numbers
//	unknown       an event that nobody has heard of besides
//	forged        signed with another token
//	half signed   safe mode: the signature of the message wrong, the other one right
//	downgraded    safe mode: in plain, rightly signed
//	foreign       safe mode: of another mini-program
//	late          signed ten minutes ago
//	altered       after each one another content under its signature
//	oversized     a megabyte of it
//
// From forged on they are attacks, which a good receiver refuses.
//
// # Faults
//
// A fault hits calls of one endpoint until it is used up. Of several that match, the oldest hits.
//
//	endpoint     name or path from the list above, or "*" (default) for all
//	times        how many calls it hits; default 1; -1 = until it is cleared
//	rate         0–1: chance that it hits a call; default 1
//	match        hits only calls whose address or body contains this text, e.g. one openid
//	errcode      refuse with this code
//	errmsg       and this text instead of the usual one
//	status       answer with this HTTP status, e.g. 502
//	body         answer with this text instead of JSON, e.g. "<html>"
//	drop         close the connection without an answer
//	hang         never answer; ends when the caller gives up, or after 60 s
//	delay        wait first, then go on; "1.5s", or a number of seconds
//	after        true: the platform does its work first, and the fault hits only the answer. With hang, drop, delay or
//	             status this is a message that was accepted although the sender saw a failure.
//	contentType  answer as usual under another Content-Type
//	truncate     true: answer as usual, but the connection breaks off in the middle of the body
//	undelivered  for send: the message is accepted, does not arrive, and is reported afterwards with this code
//	expiresIn    for token and stable_token: seconds that the token handed out lives
//
// Names are read without regard to case, "_" and "-"; path, count or n, code, msg, httpStatus, timeout (hang) and truncated
// are read as well.
package sim
