package relying

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strings"

	"podmove/internal/outbound"
	"podmove/transfer"
)

// lacking is what a pod does not support.
type lacking string

func (l lacking) Error() string { return "discovery: " + string(l) + " is not supported" }

// otherFormats are the formats of a pod that has none in common with this one.
type otherFormats string

func (o otherFormats) Error() string { return "resource metadata: the formats are " + string(o) }

// idHost is whom a person would have to ask about an ID, as it was typed.
func idHost(id string) string { return id[strings.LastIndexByte(id, '@')+1:] }

// missing is what an error says that a pod lacks, or that it has instead.
func missing(err error) string {
	if l, ok := errors.AsType[lacking](err); ok {
		return string(l)
	}
	o, _ := errors.AsType[otherFormats](err)
	return string(o)
}

// sightOf is what was seen, where an error ended the look.
func sightOf(err error) transfer.Sight {
	if sight := untrusted(err); sight != "" {
		return sight
	}
	if status, ok := errors.AsType[*outbound.StatusError](err); ok && transfer.CodeOf(err) != transfer.NotFound {
		return statusSight(status.Code)
	}
	if _, ok := errors.AsType[lacking](err); ok {
		return transfer.AbilityMissing
	}
	if _, ok := errors.AsType[otherFormats](err); ok {
		return transfer.FormatDiffers
	}
	switch transfer.CodeOf(err) {
	case transfer.NotFound:
		return transfer.AccountUnknown
	case transfer.SamePod:
		return transfer.AccountHere
	case transfer.IdentityDiffers:
		return transfer.AccountDiffers
	case transfer.RequestInvalid:
		return transfer.AddressUnclear
	case transfer.PodUnreachable:
		return silentSight(err)
	}
	if e, ok := errors.AsType[*transfer.Error](err); ok && e.Err == nil { // WebFinger, and no issuer
		return transfer.NoPod
	}
	return transfer.DocumentBroken
}

func statusSight(status int) transfer.Sight {
	switch {
	case status == http.StatusTooManyRequests:
		return transfer.PodBusy
	case status >= http.StatusInternalServerError:
		return transfer.PodFails
	case status >= 300 && status < 400:
		return transfer.PodForwards
	default:
		return transfer.NoPod
	}
}

// silentSight is why nothing came; it tells apart what silence tells apart.
func silentSight(err error) transfer.Sight {
	name, named := errors.AsType[*net.DNSError](err)
	late, timed := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, outbound.ErrForbidden):
		return transfer.HostForbidden
	case named && name.IsNotFound:
		return transfer.HostUnknown
	case errors.Is(err, context.DeadlineExceeded) || timed && late.Timeout():
		return transfer.PodSlow
	default:
		return transfer.PodSilent
	}
}

// untrusted is what is wrong with a certificate, or empty.
func untrusted(err error) transfer.Sight {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if invalid.Reason == x509.Expired {
			return transfer.CertificateOver
		}
		return transfer.CertificateOwn
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return transfer.CertificateAlien
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return transfer.CertificateOwn
	}
	return ""
}
