package api

import (
	"net/http"

	"podmove/transfer"
)

// statusOf is the one place where a code becomes an HTTP status.
func statusOf(code transfer.Code) int {
	switch code {
	case transfer.RequestInvalid, transfer.CursorInvalid, transfer.NonceMissing, transfer.SignatureInvalid:
		return http.StatusBadRequest
	case transfer.TokenInvalid:
		return http.StatusUnauthorized
	case transfer.ScopeMissing, transfer.NotGranted, transfer.AccountAdmin, transfer.ConsentRefused, transfer.ConsentNeeded:
		return http.StatusForbidden
	case transfer.NotFound, transfer.ContentMissing:
		return http.StatusNotFound
	case transfer.MethodRefused:
		return http.StatusMethodNotAllowed
	case transfer.NonceReplayed, transfer.TransferClosed, transfer.TransferActive, transfer.ChangedSince,
		transfer.Incomplete, transfer.AcceptanceNeeded, transfer.MessageReplayed, transfer.Erasing, transfer.Expired,
		transfer.SamePod, transfer.IdentityDiffers, transfer.KeysDiffer, transfer.HoldingsAbsent, transfer.HoldingsListed,
		transfer.AccountFrozen, transfer.GUIDTaken, transfer.KeptHere, transfer.Duplicate:
		return http.StatusConflict
	case transfer.AccountMoved, transfer.CursorExpired:
		return http.StatusGone
	case transfer.TooLarge, transfer.ContentTooLarge:
		return http.StatusRequestEntityTooLarge
	case transfer.ContentRefused:
		return http.StatusUnsupportedMediaType
	case transfer.ItemInvalid, transfer.GUIDInvalid, transfer.NameInvalid, transfer.TextInvalid, transfer.TextTooLong,
		transfer.ContentDiffers:
		return http.StatusUnprocessableEntity
	case transfer.RateLimited:
		return http.StatusTooManyRequests
	case transfer.PodUnreachable, transfer.AnswerInvalid, transfer.CursorStuck, transfer.NonceForeign,
		transfer.DigestWrong, transfer.NotCanonical, transfer.BeyondPlan, transfer.ManifestDiffers:
		return http.StatusBadGateway // the other pod's doing
	case transfer.Unavailable:
		return http.StatusServiceUnavailable
	case transfer.StorageFull, transfer.QuotaExceeded:
		return http.StatusInsufficientStorage
	}
	return http.StatusInternalServerError // transfer.Internal, and what nobody thought of
}
