package web

// Inert is for the tests of tables.
var Inert = inert
