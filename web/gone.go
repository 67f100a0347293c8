package web

import (
	"bytes"
	"html/template"
	"net/http"
)

// gonePage asks nothing of the database and of the session: it is the same for
// everyone, and may be kept for an hour (Protocol §6.2).
const gonePage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Moved away</title>
<link rel="stylesheet" href="/static/style.css">
{{with .}}<link rel="canonical" href="{{.}}">
{{end}}</head>
<body>
<main id="main">
<h1>What was here has moved away</h1>
{{with .}}<p>The person who wrote it lives at <a rel="me" href="{{.}}">{{.}}</a> now.</p>
{{else}}<p>The person who wrote it has left this pod.</p>
{{end}}</main>
</body>
</html>
`

var goneTemplate = template.Must(template.New("gone").Parse(gonePage))

// Gone answers 410 for something that moved away with its account, and names
// the new public profile, if there is one to name. Cache-Control is the
// caller's.
func Gone(w http.ResponseWriter, r *http.Request, profile string) {
	headers(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		var body bytes.Buffer
		if err := goneTemplate.Execute(&body, profile); err != nil {
			http.Error(w, "Moved away", http.StatusGone)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusGone)
		w.Write(body.Bytes()) // the browser may be gone
	})).ServeHTTP(w, r)
}
