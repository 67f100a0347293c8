package provider

import "context"

// A batch is what an exchange is going to write. fosite keeps tokens as it makes
// them; but SQLite has one writer, and who holds it while tokens are made and
// signed keeps everybody waiting. So they are made first, and the batch is
// written after that, in a transaction that does nothing else.
type batch struct {
	steps []func(context.Context) error
	rows  []Row
}

// batchKey finds a *batch in a context.
type batchKey struct{}

// write takes the steps in their order and adds the rows if none fails.
func (b *batch) write(ctx context.Context, store Store) error {
	return store.InTx(ctx, func(ctx context.Context) error {
		for _, step := range b.steps {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return store.AddOAuthRows(ctx, b.rows...)
	})
}

// do takes a step now, or with the batch of its context.
func (s storage) do(ctx context.Context, step func(context.Context) error) error {
	if b, ok := ctx.Value(batchKey{}).(*batch); ok {
		b.steps = append(b.steps, step)
		return nil
	}
	return step(ctx)
}

// keep adds a row now, or with the batch of its context.
func (s storage) keep(ctx context.Context, row Row) error {
	if b, ok := ctx.Value(batchKey{}).(*batch); ok {
		b.rows = append(b.rows, row)
		return nil
	}
	return s.store.AddOAuthRows(ctx, row)
}
