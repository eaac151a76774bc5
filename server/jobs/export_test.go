package jobs

// Lane is the query for due jobs of one kind and priority.
const Lane = lane
