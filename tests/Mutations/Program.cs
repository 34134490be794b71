using System.Globalization;
using SwarmOrleans.Tests.Mutations;

// Makes each mistake of mutations.txt in a copy of the sources, and demands that its specification fails.
// Arguments: names, or parts of them, of the mutations to try; all if there are none.
var root = AppContext.BaseDirectory;
while (!File.Exists(Path.Combine(root, "SwarmOrleans.sln")))
{
    root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("no SwarmOrleans.sln above this program");
}

var chosen = Mutation.Read(Path.Combine(root, "tests", "Mutations", "mutations.txt"))
    .Where(m => args.Length == 0 || Array.Exists(args, a => $"{m.Specification}/{m.Name}".Contains(a, StringComparison.Ordinal)))
    .ToList();
using var workshop = new Workshop(root, Path.Combine(root, "artifacts", "bin", "Specifications.Tests", "release"));
foreach (var specification in chosen.Select(m => m.Specification).Distinct())
{
    if (workshop.Test($"-class *.{specification}").Code != 0)
    {
        Console.Error.WriteLine($"{specification} fails without any mutation");
        return 1;
    }
}

var caught = 0;
foreach (var mutation in chosen)
{
    var how = workshop.Try(mutation);
    caught += how is null ? 0 : 1;
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(how is null ? "MISSED" : "caught")} {mutation.Specification}/{mutation.Name}{(how is null ? "" : $": {how[..Math.Min(how.Length, 200)]}")}"));
}

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{caught} of {chosen.Count} caught"));
return caught == chosen.Count ? 0 : 1;
