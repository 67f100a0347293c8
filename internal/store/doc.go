// Package store keeps a pod's data in a relational database: SQLite in one
// file, or PostgreSQL. It is the only room that knows gorm and goose, and, with
// internal/jobs, the only one that knows River.
//
// The package holds rows, queries and transactions, and satisfies the
// interfaces that other rooms declare. It refuses to know what a query is for:
// who may read a post, when a move is over or what a person is told is decided
// by its callers. It makes no HTTP request and touches no blob, since either
// would hold a transaction open while a stranger takes their time.
//
// # Transactions
//
// A transaction travels in the context:
//
//	err := s.InTx(ctx, func(ctx context.Context) error {
//		if err := s.SaveThis(ctx, this); err != nil {
//			return err
//		}
//		return s.Enqueue(ctx, job, time.Time{})
//	})
//
// Every method of Store asks db(ctx) for its handle, so that it takes part in
// the transaction of its caller if there is one. Inside the function use the
// context that the function was given, never the outer one: SQLite has a single
// connection that writes, and a query made beside the transaction would wait for
// itself. Such a query fails with ErrNoConnection after a bounded wait.
//
// What many ask at once outside of transactions takes look(ctx): on SQLite it
// reads over other connections, which wait for nobody.
//
// # Writing queries
//
// Times are stored as integers of milliseconds since 1970, in UTC, in columns
// named …_at. Rows are inserted s.batch() at a time. Text that is paged or
// compared as bytes needs COLLATE "C" on PostgreSQL; s.postgres() says where.
// Inside InTx, db(ctx).Transaction(…) sets a savepoint: a part may fail there and
// leave the rest standing, which PostgreSQL does not allow without one.
//
// Errors pass through translate, so that callers see ErrNotFound and
// ErrConflict and nothing of gorm.
package store
