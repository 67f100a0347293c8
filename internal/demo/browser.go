package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html"
)

// maxBody bounds what is read of one answer: a photo may have 50 MiB.
const maxBody = 64 << 20

// A Browser keeps cookies and follows redirects, as a person's does.
type Browser struct{ client *http.Client }

// NewBrowser is a browser without cookies.
func NewBrowser() *Browser {
	jar, _ := cookiejar.New(nil) // never fails without options
	return &Browser{&http.Client{Jar: jar, Timeout: time.Minute}}
}

// Cookies are the values of the cookies that an address gets.
func (b *Browser) Cookies(address string) (values []string) {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	for _, cookie := range b.client.Jar.Cookies(u) {
		values = append(values, cookie.Value)
	}
	return values
}

// A Page is an answer as the browser sees it.
type Page struct {
	URL    *url.URL // after redirects
	Status int
	Header http.Header
	Body   []byte

	browser *Browser
}

// Open fetches an address and follows redirects.
func (b *Browser) Open(ctx context.Context, address string) (*Page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	return b.do(b.client, req)
}

// Peek fetches an address and stays there: a redirect is the answer.
func (b *Browser) Peek(ctx context.Context, address string) (*Page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	still := *b.client
	still.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return b.do(&still, req)
}

func (b *Browser) do(client *http.Client, req *http.Request) (*Page, error) {
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return nil, err
	}
	return &Page{resp.Request.URL, resp.StatusCode, resp.Header, body, b}, nil
}

// A Form is a form on a page, filled in as the page filled it in.
type Form struct {
	page   *Page
	action string
	method string
	Values url.Values
}

// Form finds the first form whose action contains the text given.
func (p *Page) Form(action string) (*Form, error) {
	doc, err := html.Parse(bytes.NewReader(p.Body))
	if err != nil {
		return nil, err
	}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" && strings.Contains(attr(n, "action"), action) {
			return &Form{p, attr(n, "action"), attr(n, "method"), fields(n)}, nil
		}
	}
	return nil, fmt.Errorf("%s (%d) has no form for %q: %s", p.URL, p.Status, action, p.Text())
}

// Offers reports whether there is such a form.
func (p *Page) Offers(action string) bool {
	_, err := p.Form(action)
	return err == nil
}

// Link is the target of the first link whose address contains the text given.
func (p *Page) Link(part string) (string, bool) {
	doc, err := html.Parse(bytes.NewReader(p.Body))
	if err != nil {
		return "", false
	}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "a" && strings.Contains(attr(n, "href"), part) {
			return attr(n, "href"), true
		}
	}
	return "", false
}

// Submit sends the form and follows the redirects of the answer.
func (f *Form) Submit(ctx context.Context) (*Page, error) {
	target, err := f.page.URL.Parse(f.action)
	if err != nil {
		return nil, err
	}
	if !strings.EqualFold(f.method, http.MethodPost) {
		target.RawQuery = f.Values.Encode()
		return f.page.browser.Open(ctx, target.String())
	}
	return f.page.browser.Send(ctx, f.page.URL.Scheme+"://"+f.page.URL.Host, target.String(), f.Values)
}

// Send posts a form that a page of the origin given holds, with the cookies of
// where it goes, and follows the redirects of the answer.
func (b *Browser) Send(ctx context.Context, origin, address string, form url.Values) (*Page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", origin)
	return b.do(b.client, req)
}

// Fill submits the form on p with some fields set.
func (p *Page) Fill(ctx context.Context, action string, set map[string]string) (*Page, error) {
	form, err := p.Form(action)
	if err != nil {
		return nil, err
	}
	for name, value := range set {
		form.Values.Set(name, value)
	}
	return form.Submit(ctx)
}

// Text is what a person reads on the page, shortened for messages.
func (p *Page) Text() string {
	doc, err := html.Parse(bytes.NewReader(p.Body))
	if err != nil {
		return ""
	}
	var words []string
	for n := range doc.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "style" && n.Parent.Data != "script" {
			words = append(words, strings.Fields(n.Data)...)
		}
	}
	text := strings.Join(words, " ")
	return text[:min(len(text), 600)]
}

// fine refuses a page that is an error.
func fine(p *Page, err error) (*Page, error) {
	if err != nil {
		return nil, err
	}
	if p.Status >= http.StatusBadRequest {
		return p, errors.New(p.URL.String() + " answers " + http.StatusText(p.Status) + ": " + p.Text())
	}
	return p, nil
}

func fields(form *html.Node) url.Values {
	values := url.Values{}
	for n := range form.Descendants() {
		if n.Type != html.ElementNode || attr(n, "name") == "" {
			continue
		}
		switch n.Data {
		case "input":
			kind := attr(n, "type")
			if kind == "submit" || ((kind == "checkbox" || kind == "radio") && !has(n, "checked")) {
				continue
			}
			values.Add(attr(n, "name"), attr(n, "value"))
		case "textarea":
			if n.FirstChild != nil {
				values.Add(attr(n, "name"), n.FirstChild.Data)
			}
		}
	}
	return values
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}
