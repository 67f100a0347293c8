package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
	"podmove/internal/pod"
)

// deviceCookie names what a browser keeps of an account that it signed in to
// (pod.Gate.Device). Several people may share a browser.
func (s *Site) deviceCookie(username string) (name string, secure bool) {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(username))))
	return pod.CookieName(s.Origin, "device-"+hex.EncodeToString(sum[:6]))
}

// device is what this browser kept.
func (d Doors) device(c *gin.Context, username string) string {
	name, _ := d.Site.deviceCookie(username)
	cookie, err := c.Request.Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// remember has this browser keep that it signed in to the account. Signing out
// does not take it away: it opens nothing.
func (d Doors) remember(c *gin.Context, a pod.Account) {
	name, secure := d.Site.deviceCookie(a.Username)
	http.SetCookie(c.Writer, &http.Cookie{
		Name: name, Value: d.Gate.Device(a), Path: "/", MaxAge: int(pod.DeviceLife / time.Second),
		Secure: secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// tooMany reports whether too much has failed of late, and says so, and when to
// come again.
func (s *Site) tooMany(c *gin.Context, err error, message *string) bool {
	e, ok := errors.AsType[pod.TooMany](err)
	if !ok {
		return false
	}
	s.Log.WarnContext(c, "refused a try: too many have failed", "path", c.FullPath(), "from", s.from(c.Request), "wait", e.Wait)
	wait := time.Duration(math.Ceil(e.Wait.Seconds())) * time.Second
	c.Header("Retry-After", strconv.Itoa(int(wait/time.Second)))
	*message = s.say(c, locale.Key("Too much has failed here of late, perhaps because somebody is guessing. What you typed was not looked at, and nothing was changed. Try again in %s."), s.Locale(c).Span(wait))
	return true
}
