package pod

import (
	"context"
	"slices"
	"strings"

	"podmove/transfer"
)

// Connect adds a person to aspects, or moves them to other ones. An account on
// this pod or any other is named by its diaspora* ID.
func (a *Author) Connect(ctx context.Context, account Account, id string, aspects []string) error {
	id = strings.ToLower(strings.TrimSpace(id))
	if err := a.other(account, id); err != nil {
		return err
	}
	return a.Shelves.InTx(ctx, func(ctx context.Context) error {
		if err := a.own(ctx, account.ID, aspects); err != nil {
			return err
		}
		contact, block, err := a.Shelves.Known(ctx, account.ID, id)
		switch {
		case err != nil:
			return err
		case block != "":
			return Refusal{Somebody, "You block this person. Unblock them first."}
		case contact != "":
			return a.Regroup(ctx, account.ID, contact, aspects)
		case len(aspects) == 0:
			return Refusal{Audience, "Choose at least one aspect for this person."}
		}
		_, err = a.Shelves.AddContact(ctx, account.ID, transfer.Contact{ID: id, Aspects: aspects, Receiving: true})
		return err
	})
}

// Regroup puts a contact into other aspects; into none, it is a contact no
// more, as in diaspora*.
func (a *Author) Regroup(ctx context.Context, account int64, guid string, aspects []string) error {
	if len(aspects) == 0 {
		return a.Shelves.DeleteContact(ctx, account, guid)
	}
	return a.Shelves.InTx(ctx, func(ctx context.Context) error {
		if err := a.own(ctx, account, aspects); err != nil {
			return err
		}
		return a.Shelves.EditContact(ctx, account, guid, func(c transfer.Contact) (transfer.Contact, error) {
			c.Aspects, c.Receiving = aspects, true
			return c, nil
		})
	})
}

// Block notes a person whom the account does not want to hear of.
func (a *Author) Block(ctx context.Context, account Account, id string) error {
	id = strings.ToLower(strings.TrimSpace(id))
	if err := a.other(account, id); err != nil {
		return err
	}
	return a.Shelves.InTx(ctx, func(ctx context.Context) error {
		_, block, err := a.Shelves.Known(ctx, account.ID, id)
		if err != nil || block != "" {
			return err
		}
		return a.Shelves.Block(ctx, account.ID, id)
	})
}

// other refuses what is no diaspora* ID, and the person's own.
func (a *Author) other(account Account, id string) error {
	switch {
	case !transfer.ValidID(id):
		return Refusal{Somebody, "This is not an ID. It looks like name@pod.example."}
	case id == account.Username+"@"+a.Host:
		return Refusal{Somebody, "This is your own ID."}
	}
	return nil
}

// own refuses aspects that the account has not.
func (a *Author) own(ctx context.Context, account int64, guids []string) error {
	list, err := a.Shelves.Aspects(ctx, account)
	if err != nil {
		return err
	}
	for _, guid := range guids {
		if !slices.ContainsFunc(list, func(one Aspect) bool { return one.GUID == guid }) {
			return Refusal{Audience, "One of these aspects is gone. Choose again."}
		}
	}
	return nil
}

// NameAspect makes an aspect, or gives one another name if guid is not empty.
func (a *Author) NameAspect(ctx context.Context, account int64, guid, name string) error {
	name = strings.TrimSpace(name)
	item := transfer.Aspect{Name: name}
	if item.Check() != nil {
		return Refusal{Name, "An aspect has a name of 1 to 255 characters."}
	}
	if guid == "" {
		_, err := a.Shelves.AddAspect(ctx, account, item)
		return err
	}
	return a.Shelves.EditAspect(ctx, account, guid, func(transfer.Aspect) (transfer.Aspect, error) { return item, nil })
}
