package sample

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

// Big writes an archive of n posts of about 600 bytes, without photos. It holds
// one post at a time, so n may be millions.
func Big(w io.Writer, owner string, n int, seed uint64) error {
	m := newMaker(owner, seed)
	out := bufio.NewWriterSize(w, 1<<20)
	profile, err := json.Marshal(entity("profile", object{"author": owner, "first_name": "Aurora"}))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, `{"version":"2.0","user":{"username":"aurora","profile":%s,"posts":[`, profile) // errors stick until Flush
	for i := range n {
		if i > 0 {
			out.WriteString(",\n")
		}
		raw, err := json.Marshal(m.bigPost(i))
		if err != nil {
			return err
		}
		out.Write(raw)
	}
	out.WriteString("]}}\n")
	return out.Flush()
}

func (m *maker) bigPost(i int) object {
	guid := fmt.Sprintf("%032x", uint64(i)*0x9e3779b97f4a7c15)
	text := fmt.Sprintf("%d %s %s %s", i, texts[i%len(texts)], texts[(i+3)%len(texts)], m.hex(32))
	data := object{"author": m.owner, "guid": guid, "created_at": day(i % 3000).Format("2006-01-02T15:04:05Z"), "text": text, "public": i%4 != 3, "photos": []object{}}
	if i%4 != 3 {
		return entityOf("status_message", data, "subscribed_pods_uris", []string{"https://pod.example/"})
	}
	return entityOf("status_message", data, "subscribed_users_ids", []string{friend(i % contacts), friend((i + 1) % contacts)})
}
