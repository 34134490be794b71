using Xunit.Sdk;
using Xunit.v3;

// Each exploration keeps one core busy, and says how long it took: one after the other.
[assembly: Parallelization(Mode = ParallelMode.None)]
