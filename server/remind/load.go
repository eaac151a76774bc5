package remind

import (
	"math"
	"slices"

	"themeday/server/authz"
	"themeday/server/ident"
	"themeday/server/org"
)

// monthsBack is how many months a load looks back, this one included.
const monthsBack = 6

// bandEdges are the least numbers of messages of the bands in which a load is shown; the last band is open.
var bandEdges = []int{0, 4, 7, 10}

// crowd is how many people of one organisation have got so many messages.
type crowd struct {
	OrgID    ident.ID
	Messages int
	Members  int
}

// weight sums crowds up.
type weight struct {
	members, messages int
	over              int // have got as many as their ceiling, or more
}

func (w *weight) add(c crowd, most int) {
	w.members += c.Members
	w.messages += c.Members * c.Messages
	if most > 0 && c.Messages >= most {
		w.over += c.Members
	}
}

// average is per member, to one decimal.
func (w weight) average() float64 {
	if w.members == 0 {
		return 0
	}
	return math.Round(10*float64(w.messages)/float64(w.members)) / 10
}

// load is how many messages the people of an organisation, and of those below it, have got in a month.
type load struct {
	weight

	bands []int    // members by band
	parts []weight // of the organisation itself, then of each of its children
}

// loadOf sums up the crowds of an organisation and its subtree. children are those directly below it.
func loadOf(top org.Org, children, tree []org.Org, crowds []crowd, ceilings []ceiling) load {
	l := load{bands: make([]int, len(bandEdges)), parts: make([]weight, 1+len(children))}
	paths := map[ident.ID]string{top.ID: top.Path}
	for _, o := range tree {
		paths[o.ID] = o.Path
	}
	for _, c := range crowds {
		path := paths[c.OrgID]
		most := strictest(ceilings, path).most
		l.add(c, most)
		l.bands[bandOf(c.Messages)] += c.Members
		part := 1 + slices.IndexFunc(children, func(o org.Org) bool { return authz.Within(path, o.Path) })
		l.parts[part].add(c, most)
	}
	return l
}

func bandOf(messages int) int {
	band := 0
	for i, least := range bandEdges {
		if messages >= least {
			band = i
		}
	}
	return band
}

// namesPeople reports whether the actor sees names in the load of the organisation: who was appointed to the branch, or
// to a group of it, and nobody above.
func namesPeople(actor authz.Actor, o org.Org) bool {
	if o.Kind != org.Branch && o.Kind != org.Group {
		return false
	}
	return slices.ContainsFunc(actor.Grants, func(g authz.Grant) bool {
		ofBranch := o.Kind == org.Group && g.OrgPath == org.PathOfParent(o.Path)
		return g.Role != authz.Keeper && (g.OrgPath == o.Path || ofBranch)
	})
}
