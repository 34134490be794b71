namespace SwarmOrleans.Tests.Specifications.Exploring;

/// <summary>Texts that do not depend on which slot or node is called what.</summary>
internal static class Canonical
{
    /// <summary>The two ways to call two nodes.</summary>
    public static readonly int[][] BothNames = [[0, 1], [1, 0]];

    /// <summary>The same text for states that differ in the names of two nodes and of slots alone.</summary>
    /// <param name="candidates">Ways to call the nodes; one of them is enough if it is chosen by what the nodes are and do.</param>
    /// <param name="parts">What concerns no slot, and what concerns each, when node i is called by the i-th of the given names.</param>
    public static string KeyOf(IEnumerable<int[]> candidates, Func<int[], (string Whole, string[] Slots)> parts)
    {
        string? least = null;
        foreach (var names in candidates)
        {
            var (whole, slots) = parts(names);
            Array.Sort(slots, StringComparer.Ordinal);
            var key = $"{whole}|{string.Join('|', slots)}";
            least = least is null || string.CompareOrdinal(key, least) < 0 ? key : least;
        }

        return least!;
    }

    /// <summary>A node's name; '-' for none.</summary>
    public static char Name(int[] names, int node) => node < 0 ? '-' : (char)('a' + names[node]);

    /// <summary>A small number as one character.</summary>
    public static char Digit(int number) => (char)('0' + number);
}
