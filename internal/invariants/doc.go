// Package invariants says what no fault may break, and looks whether it is so in
// the databases of two pods, before and after whatever was done to them:
//
//  1. Nothing is lost: every item that the old pod held, or told its person that
//     it took, is there with its bytes, or was erased and is at the new pod.
//  2. Nothing is there twice.
//  3. No stub without proof: an old address leads away only for what has an
//     imported or unchanged receipt, under a signed receipt whose sums are those
//     of the items (Protocol §5.2, §5.3).
//  4. No erase without proof: what is gone at the old pod was held, edited or
//     removed by a fresh answer of the new one, and its time had come (§7.3).
//  5. Nobody else's item is touched, at either pod, nor what the person wrote at
//     the new one.
//  6. Outsiders learn nothing: limited, deleted and unknown addresses answer the
//     same bytes, before, during and after (§6.1).
//
// A scenario calls [Look] before it begins and [Watch.Check] at its end, and
// tells the [Watch] what was written meanwhile. The package is for tests only.
//
// It reads rows with SQL of its own and sums them up anew, so that what it says
// does not lean on the code that it judges. It refuses to know how a move works,
// and what was done to the pods between its two looks.
package invariants
