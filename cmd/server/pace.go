package main

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// A pace is how slow a client may be. A line may be slow, and a stream silent;
// but nobody holds a connection by sending a byte now and then, or by taking
// none.
type pace struct {
	grace time.Duration // to begin, and for pauses
	rate  int64         // bytes a second at which a body must come after that
	stall time.Duration // for which one piece of an answer may go untaken
	piece int           // bytes
}

// slowest lets 50 MB through a line of 128 kbit/s, in both directions.
var slowest = pace{grace: 20 * time.Second, rate: 16 << 10, stall: time.Minute, piece: 64 << 10}

// around holds the clients of a handler to the pace.
func (p pace) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		line := http.NewResponseController(w)
		body := &incoming{ReadCloser: r.Body, line: line, pace: p}
		if r.Body != http.NoBody {
			r.Body = body
			defer body.leave()
		}
		out := &outgoing{ResponseWriter: w, line: line, pace: p}
		defer out.wait() // net/http sends what it still holds
		next.ServeHTTP(out, r)
	})
}

// incoming is a request's body. Only the time in which we wait for it counts.
type incoming struct {
	io.ReadCloser
	line   *http.ResponseController
	pace   pace
	read   int64
	waited time.Duration
	ended  bool
}

// Read is io.Reader.
func (b *incoming) Read(buffer []byte) (int, error) {
	began := time.Now()
	patience := b.pace.grace + time.Duration(b.read*int64(time.Second)/b.pace.rate) - b.waited
	_ = b.line.SetReadDeadline(began.Add(max(patience, 0))) // what has none needs none
	n, err := b.ReadCloser.Read(buffer)
	b.read += int64(n)
	b.waited += time.Since(began)
	b.ended = b.ended || errors.Is(err, io.EOF)
	return n, err
}

// leave bounds how long net/http waits for what nobody read.
func (b *incoming) leave() {
	if !b.ended {
		_ = b.line.SetReadDeadline(time.Now().Add(b.pace.grace))
	}
}

// outgoing is the way of an answer.
type outgoing struct {
	http.ResponseWriter
	line *http.ResponseController
	pace pace
}

// Unwrap is for http.ResponseController.
func (o *outgoing) Unwrap() http.ResponseWriter { return o.ResponseWriter }

func (o *outgoing) wait() { _ = o.line.SetWriteDeadline(time.Now().Add(o.pace.stall)) }

// Write is io.Writer: each piece has its own time.
func (o *outgoing) Write(data []byte) (written int, err error) {
	for err == nil {
		o.wait()
		var n int
		n, err = o.ResponseWriter.Write(data[:min(len(data), o.pace.piece)])
		written += n
		if data = data[n:]; len(data) == 0 {
			break
		}
	}
	return written, err
}

// Flush is http.Flusher, which gin asks for.
func (o *outgoing) Flush() {
	o.wait()
	_ = o.line.Flush() // there is nobody to tell
}
