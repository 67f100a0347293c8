package config

import "time"

// Config is the settings of one pod. The tags are read by kong: each field is a
// flag, a variable PODMOVE_…, and a key of the file. podmove.example.yaml says
// the same things to a podmin.
type Config struct {
	// Data is the directory of the database, the photos and the master key.
	// Default "data". Danger: the master key in it opens every secret in the
	// database; back it up, and apart from the database.
	Data string `name:"data" env:"PODMOVE_DATA" default:"data" placeholder:"DIR" help:"Directory of the database, the photos and the master key."`

	// Listen is the address and port to listen on. Default "127.0.0.1:4000".
	// Danger: the pod speaks plain http; put a proxy with TLS before it rather
	// than have it listen on a public address.
	Listen string `name:"listen" env:"PODMOVE_LISTEN" default:"127.0.0.1:4000" placeholder:"HOST:PORT" help:"Address and port to listen on."`

	// PublicURL is the address under which everyone knows this pod, such as
	// "https://pod.example": scheme, host and perhaps a port. No default.
	// Danger: it is the pod's name (protocol §1.1) and part of each ID; accounts
	// do not survive a change. http is for loopback addresses, and makes this a
	// pod in development.
	PublicURL string `name:"public-url" env:"PODMOVE_PUBLIC_URL" placeholder:"URL" help:"Address under which everyone knows this pod."`

	// Database is "postgres://user:password@host/name", or "sqlite:PATH"; empty
	// is SQLite in the data directory. Default empty. Danger: other processes
	// of the machine can read a password on the command line; give it in the
	// environment or the file.
	Database string `name:"database" env:"PODMOVE_DATABASE" placeholder:"DSN" help:"Database; SQLite in the data directory if not given."`

	// Grace is how long old copies are kept, and can be had back, after an
	// account has moved away. Default 30d. Danger: when it is over they are
	// erased, and nothing brings them back.
	Grace Duration `name:"grace" env:"PODMOVE_GRACE" default:"30d" placeholder:"DURATION" help:"How long old copies are kept after a move."`

	// Notice is how long a person has to see what erasing would take that the
	// new pod no longer holds as it was brought, and the earliest that somebody
	// can ask to erase at once (protocol §7.3, §7.5). Default 7d. Danger: shorter
	// than somebody's holiday, and what they edited over there is erased unseen.
	Notice Duration `name:"notice" env:"PODMOVE_NOTICE" default:"7d" placeholder:"DURATION" help:"Time to see what erasing would take, and the earliest for erasing at once."`

	// HoldingsAge is how old the new pod's word that it holds everything may be
	// when erasing begins (protocol §7.3). Default 24h. Danger: longer, and the
	// new pod may have lost meanwhile what is erased here.
	HoldingsAge Duration `name:"holdings-age" env:"PODMOVE_HOLDINGS_AGE" default:"24h" placeholder:"DURATION" help:"How old the proof may be when erasing begins."`

	// MoveExpiry is how long a move may stand still before it is given up
	// (protocol §4.5). Default 7d. Danger: too short, and a pod that is down for
	// a night has its people start again.
	MoveExpiry Duration `name:"move-expiry" env:"PODMOVE_MOVE_EXPIRY" default:"7d" placeholder:"DURATION" help:"How long a move may stand still."`

	// KeyRotation is after how long a pod's keys make room for new ones by
	// themselves; the old ones go on verifying for 30 days (protocol §1.5).
	// Default 90d, at least 30d. Danger: the longer, the more a key that was
	// stolen unseen is worth.
	KeyRotation Duration `name:"key-rotation" env:"PODMOVE_KEY_ROTATION" default:"90d" placeholder:"DURATION" help:"After how long new keys are made."`

	// AfterErase is what old addresses answer once the copies are erased: "gone"
	// (410 that names the new profile) or "forward" (308 to the new post; see
	// protocol §6.2). Default "gone". Danger: "forward" keeps sending visitors
	// to wherever the other pod's address leads in years to come.
	AfterErase string `name:"after-erase" env:"PODMOVE_AFTER_ERASE" default:"gone" enum:"gone,forward" help:"What old addresses answer after erasing: gone or forward."`

	// Registration is who may sign up: "open" (anyone) or "closed" (the podmin
	// adds accounts). Default "open". Danger: open, strangers can fill the disk.
	Registration string `name:"registration" env:"PODMOVE_REGISTRATION" default:"open" enum:"open,closed" help:"Who may sign up: open or closed."`

	// DPoP is who must prove with each request that its token is its own (RFC
	// 9449): "moves" (pods that take accounts over; other clients may hold bearer
	// tokens, which read and no more) or "all". Default "moves". Danger: "all"
	// shuts out clients that cannot do it.
	DPoP string `name:"dpop" env:"PODMOVE_DPOP" default:"moves" enum:"moves,all" help:"Who must prove that a token is its own: moves or all."`

	// ClientRegistration is whether programs may register themselves as OAuth
	// clients (RFC 7591): "off" or "open". Other pods need no registration.
	// Default "off". Danger: open, anyone can show your people a consent page
	// under a name that nothing proves.
	ClientRegistration string `name:"client-registration" env:"PODMOVE_CLIENT_REGISTRATION" default:"off" enum:"off,open" help:"Whether programs may register as OAuth clients: off or open."`

	// TrustedProxies are the addresses or networks whose X-Forwarded-For is
	// believed, such as "127.0.0.1" or "10.0.0.0/8". Default none. Danger: an
	// address too many, and its users can pose as any address in the log.
	TrustedProxies []string `name:"trusted-proxies" env:"PODMOVE_TRUSTED_PROXIES" placeholder:"NETWORK" help:"Proxies whose X-Forwarded-For is believed."`

	// LogLevel is the least that is logged: "debug", "info", "warn" or "error".
	// Default "info". Danger: none; no level logs tokens, cookies or post text.
	LogLevel string `name:"log-level" env:"PODMOVE_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"Least that is logged: debug, info, warn or error."`

	// LogFormat is "text" for people or "json" for machines. Default "text".
	// Danger: none.
	LogFormat string `name:"log-format" env:"PODMOVE_LOG_FORMAT" default:"text" enum:"text,json" help:"Form of the log: text or json."`

	// MaxPhoto is the most bytes that one photo may have, uploaded or moved
	// here. Default 50MiB. Danger: smaller than another pod's photos, and those
	// do not arrive, which leaves them at the old pod.
	MaxPhoto Size `name:"max-photo" env:"PODMOVE_MAX_PHOTO" default:"50MiB" placeholder:"SIZE" help:"Most bytes of one photo."`

	// AccountBytes is the most that one account may have after a move to here,
	// posts and photos together; 0 is no limit. Default 0. Danger: too little, and
	// people cannot bring what they have.
	AccountBytes Size `name:"account-bytes" env:"PODMOVE_ACCOUNT_BYTES" default:"0" placeholder:"SIZE" help:"Most bytes that a move may make of one account; 0 is no limit."`

	// DiskReserve is how much of the disk moves leave free. Default 256MiB.
	// Danger: nothing, and a move may take the room in which the database works.
	DiskReserve Size `name:"disk-reserve" env:"PODMOVE_DISK_RESERVE" default:"256MiB" placeholder:"SIZE" help:"How much of the disk moves leave free."`

	// PageItems is the most items in one page of a transfer, 1 to 1000. Default
	// 500. Danger: few items a page make moves slow.
	PageItems int `name:"page-items" env:"PODMOVE_PAGE_ITEMS" default:"500" placeholder:"N" help:"Most items in one page of a transfer."`

	// PageBytes is the size at which a page of a transfer is closed, 64KiB to
	// 4MiB. Default 4MiB. Danger: none; readers refuse pages of 5 MiB (protocol
	// §4.5), and one item more than this still fits below that.
	PageBytes Size `name:"page-bytes" env:"PODMOVE_PAGE_BYTES" default:"4MiB" placeholder:"SIZE" help:"Size at which a page of a transfer is closed."`

	// SessionLifetime is how long somebody stays signed in. Default 14d. Danger:
	// a lost device is signed in for as long.
	SessionLifetime Duration `name:"session-lifetime" env:"PODMOVE_SESSION_LIFETIME" default:"14d" placeholder:"DURATION" help:"How long somebody stays signed in."`

	// SuggestedPods are hosts of pods that people who move away are offered,
	// such as "new.example". Default none. Danger: people trust what you suggest.
	SuggestedPods []string `name:"suggested-pods" env:"PODMOVE_SUGGESTED_PODS" placeholder:"HOST" help:"Pods suggested to those who move away."`

	// AdminContact is an e-mail address or https URL at which people reach the
	// podmin. Default empty. Danger: it is shown to everyone.
	AdminContact string `name:"admin-contact" env:"PODMOVE_ADMIN_CONTACT" placeholder:"ADDRESS" help:"E-mail address or https URL of the podmin."`

	// SMTP is the server that takes e-mail: smtp://user:password@host:587, which
	// turns to TLS by STARTTLS, or smtps://user:password@host:465. Empty sends
	// none. Default empty. Danger: without it nobody hears of a move of their
	// account who is not signed in; and it holds a password, so give it in the
	// environment or the file.
	SMTP string `name:"smtp" env:"PODMOVE_SMTP" placeholder:"URL" help:"Server that takes e-mail; none is sent if not given."`

	// MailFrom is whom e-mail is from, such as "Pod <pod@pod.example>". Default
	// empty. Danger: an address that SMTP may not send for, and mail is lost.
	MailFrom string `name:"mail-from" env:"PODMOVE_MAIL_FROM" placeholder:"ADDRESS" help:"Whom e-mail is from."`

	// LimitAll is the most requests a minute of everyone together; 0 is no limit,
	// as for the others. Default 120000. Danger: too few, and people are sent
	// away while the machine idles; each process counts for itself.
	LimitAll int `name:"limit-all" env:"PODMOVE_LIMIT_ALL" default:"120000" placeholder:"N" help:"Most requests a minute of everyone together."`

	// LimitPeer is the most requests a minute to the transfer API with one
	// grant, and from one address; signed messages get a tenth. Default 60000.
	// Danger: fewer than a pod asks at full speed, and moves become slow.
	LimitPeer int `name:"limit-peer" env:"PODMOVE_LIMIT_PEER" default:"60000" placeholder:"N" help:"Most requests a minute to the transfer API with one grant."`

	// LimitStranger is the most requests a minute from one address to what needs
	// no account: tokens, pushed requests, WebFinger, signing in; signing up gets
	// a sixtieth. Default 1200. Danger: with an untold proxy (trusted-proxies),
	// everyone has one address.
	LimitStranger int `name:"limit-stranger" env:"PODMOVE_LIMIT_STRANGER" default:"1200" placeholder:"N" help:"Most requests a minute from one address to sign in, for tokens and WebFinger."`

	// LimitVisitor is the most requests a minute from one address to pages and
	// photos. Default 6000. Danger: a page can show a hundred photos, and a
	// school or an office has one address.
	LimitVisitor int `name:"limit-visitor" env:"PODMOVE_LIMIT_VISITOR" default:"6000" placeholder:"N" help:"Most requests a minute from one address to pages and photos."`

	// LimitAccount is the most pages a minute that are for one account alone.
	// Default 1200. Danger: none above a few hundred.
	LimitAccount int `name:"limit-account" env:"PODMOVE_LIMIT_ACCOUNT" default:"1200" placeholder:"N" help:"Most pages a minute that are for one account alone."`

	// LimitSignUp is the most accounts that one address may make, or try to, at
	// once; after that one every ten minutes. 0 is no limit. Default 10. Danger:
	// more, and a stranger fills the pod with accounts; fewer, and a class that
	// signs up in one room has to wait.
	LimitSignUp int `name:"limit-sign-up" env:"PODMOVE_LIMIT_SIGN_UP" default:"10" placeholder:"N" help:"Most accounts that one address may make at once."`
}

const day = 24 * time.Hour

// Default is the settings of a pod that was told nothing but, later, its name.
func Default() Config {
	return Config{
		Data:            "data",
		Listen:          "127.0.0.1:4000",
		Grace:           Duration(30 * day),
		Notice:          Duration(7 * day),
		HoldingsAge:     Duration(24 * time.Hour),
		MoveExpiry:      Duration(7 * day),
		KeyRotation:     Duration(90 * day),
		AfterErase:      "gone",
		Registration:    "open",
		DPoP:            "moves",
		LogLevel:        "info",
		LogFormat:       "text",
		MaxPhoto:        50 << 20,
		DiskReserve:     256 << 20,
		PageItems:       500,
		PageBytes:       4 << 20,
		SessionLifetime: Duration(14 * day),

		ClientRegistration: "off",
		LimitAll:           120_000,
		LimitPeer:          60_000,
		LimitStranger:      1200,
		LimitVisitor:       6000,
		LimitAccount:       1200,
		LimitSignUp:        10,
	}
}
