package relying

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"podmove/internal/outbound"
	"podmove/transfer"
)

// hostOf is how a pod is called in front of people.
func hostOf(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return issuer
	}
	return u.Host
}

// broken is the error for a pod whose answer cannot be trusted or used. What is
// wrong is for the log.
func broken(host, format string, args ...any) error {
	return transfer.Errorf(transfer.AnswerInvalid,
		"%s does not answer as a pod that accounts can be moved from. Nothing was changed", host).Because(fmt.Errorf(format, args...))
}

// trouble turns a failed request into words for the person. An error that has
// them already, and our own stopping, stay as they are.
func trouble(ctx context.Context, host string, err error) error {
	if err == nil {
		return nil
	}
	if coded, ok := errors.AsType[*transfer.Error](err); ok {
		return coded
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	if status, ok := errors.AsType[*outbound.StatusError](err); ok {
		return refusedWith(host, status.Code, err)
	}
	for _, useless := range []error{outbound.ErrTooLarge, outbound.ErrContentType, outbound.ErrRubbish} {
		if errors.Is(err, useless) {
			return broken(host, "%w", err)
		}
	}
	return transfer.Errorf(transfer.PodUnreachable, "%s", silence(host, err)).Because(err)
}

// silence says why a host cannot be reached.
func silence(host string, err error) string {
	name, named := errors.AsType[*net.DNSError](err)
	late, timed := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, outbound.ErrForbidden):
		return host + " is no address that this pod may speak with. Check the spelling"
	case named && name.IsNotFound:
		return "there is no server named " + host + ". Check the spelling"
	case errors.Is(err, context.DeadlineExceeded) || timed && late.Timeout():
		return host + " answers too slowly. Try again later"
	default:
		return host + " does not answer. Check the spelling, or try again later"
	}
}

// refusedWith is the error for a status that was not hoped for.
func refusedWith(host string, status int, err error) error {
	switch {
	case status == http.StatusTooManyRequests:
		return transfer.Errorf(transfer.RateLimited, "%s asks to come back later", host).Because(err)
	case status >= http.StatusInternalServerError:
		return transfer.Errorf(transfer.PodUnreachable, "%s cannot answer just now. Try again later", host).Because(err)
	default:
		return broken(host, "%w", err)
	}
}
