package archive

// Limits bound what is read of a file. A zero member is its default.
type Limits struct {
	Unpacked   int64 // bytes of JSON after unpacking; 4 GiB
	ItemBytes  int   // bytes of one post, contact and so on, as it stands in the file; 8 MiB
	Items      int   // items of one collection; 5 million
	PhotoBytes int64 // bytes of one photo; 50 MiB
	Directory  int64 // bytes of the zip's list of files; 16 MiB, about 200,000 photos
}

const (
	pageBytes = 4 << 20     // bytes of items on one page, as sources keep to
	pixels    = 200 << 20   // of one photo
	header    = 1 << 20     // bytes of a photo read for its type and sides
	scalar    = 4 << 10     // bytes of the version or the user name
	members   = 1000        // members of the outer objects
	ratio     = 300         // unpacked for packed; JSON packs about tenfold, a bomb a thousandfold
	ratioFrom = int64(16e6) // bytes unpacked before the ratio counts
	gib       = int64(1 << 30)
)

func (l Limits) orDefaults() Limits {
	return Limits{
		Unpacked:   or(l.Unpacked, 4*gib),
		ItemBytes:  or(l.ItemBytes, 8<<20),
		Items:      or(l.Items, 5_000_000),
		PhotoBytes: or(l.PhotoBytes, 50<<20),
		Directory:  or(l.Directory, 16<<20),
	}
}

func or[T int | int64](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}
