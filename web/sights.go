package web

import (
	"podmove/internal/locale"
	"podmove/transfer"
)

var levelWords = map[transfer.Level]locale.Key{
	transfer.Fine:     locale.Key("Fine:"),
	transfer.Warning:  locale.Key("Look out:"),
	transfer.Obstacle: locale.Key("In the way:"),
}

// sightWords are findings in sentences. The first gap is the pod's host, the
// second what was seen there.
var sightWords = map[transfer.Sight]locale.Key{
	transfer.PodFound:         locale.Key("%s answers for %s."),
	transfer.PodSilent:        locale.Key("%s does not answer, so nothing can be read from it. Look at the ID, or try again later."),
	transfer.PodSlow:          locale.Key("%s answers too slowly for a move to get anywhere. Try again later."),
	transfer.PodBusy:          locale.Key("%s is busy and asks to come back later. Try again in a while."),
	transfer.PodFails:         locale.Key("%s has trouble of its own just now. Try again later."),
	transfer.PodForwards:      locale.Key("%s sends us to another address, which this pod does not follow: it could be anybody’s. Look at the ID; perhaps the pod has another name."),
	transfer.HostUnknown:      locale.Key("There is no server named %s. Look at the ID."),
	transfer.HostForbidden:    locale.Key("%s is no address that this pod may speak with. Look at the ID."),
	transfer.AccountUnknown:   locale.Key("%s does not know of %s. Look at the ID."),
	transfer.AccountDiffers:   locale.Key("%s answers for somebody else than %s, so it is not clear whose account would move. Look at the ID."),
	transfer.AccountHere:      locale.Key("This is an account of this pod: a move leads from another pod to this one."),
	transfer.NoPod:            locale.Key("What answers at %s offers no way to move accounts. Ask the people who run it whether it can."),
	transfer.AddressUnclear:   locale.Key("This is not an ID: it looks like name@old.example."),
	transfer.DocumentBroken:   locale.Key("What %s publishes about itself cannot be relied on, so your account is not entrusted to it. Its podmin can find out why."),
	transfer.DocumentsAgree:   locale.Key("What %s publishes about itself is whole, and the same wherever it stands."),
	transfer.DocumentsDiffer:  locale.Key("%s says one thing about itself in one place and another in another, so it is not clear where to send you. Its podmin can mend that."),
	transfer.AbilityMissing:   locale.Key("%s lacks something that keeps a move safe (%s). Its podmin can update it."),
	transfer.MovesOffered:     locale.Key("%s lets accounts be read by their owners’ wish, as this move needs."),
	transfer.MovesUnsaid:      locale.Key("%s does not say that it lets accounts move away. It may refuse; a copy may still be possible."),
	transfer.FormatSame:       locale.Key("%s and this pod speak the same version."),
	transfer.FormatUnsaid:     locale.Key("%s does not name its version; most likely it is the one that this pod speaks."),
	transfer.FormatDiffers:    locale.Key("%s gives accounts in another format (%s) than this pod reads. The podmin of the older pod can update it."),
	transfer.CertificateGood:  locale.Key("The connection to %s is encrypted, and its certificate good until %s."),
	transfer.CertificateEnds:  locale.Key("The certificate of %s ends on %s. A move stops when it does; tell its podmin."),
	transfer.CertificateOver:  locale.Key("The certificate of %s is over, so nobody can tell who answers there. Its podmin has to renew it."),
	transfer.CertificateAlien: locale.Key("The certificate that %s shows is for another name, so nobody can tell who answers there. Look at the ID, or tell its podmin."),
	transfer.CertificateOwn:   locale.Key("The certificate of %s is by nobody whom this pod trusts, so anybody could answer there. Its podmin can get another one."),
	transfer.NotEncrypted:     locale.Key("The connection to %s is not encrypted. That is for trying things on one machine, and never for people."),
	transfer.ClockRight:       locale.Key("The clock of %s goes as ours."),
	transfer.ClockOff:         locale.Key("The clock of %s and ours are %s apart. What one pod signs may be too old for the other; tell the podmins of both."),
	transfer.ClockWrong:       locale.Key("The clock of %s and ours are %s apart, so that neither pod takes what the other signs. The podmins of both can set them right."),
	transfer.ClockUnsaid:      locale.Key("%s does not say what time it is. If its clock is wrong, signing in there may not work."),
}
