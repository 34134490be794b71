using System.Globalization;

namespace SwarmOrleans.Tests.Specifications.Exploring;

/// <summary>How much of a state space was looked at.</summary>
/// <param name="States">Different states, those that differ in names alone counted once.</param>
/// <param name="Transitions">Steps from them.</param>
/// <param name="Depth">Steps from the beginning to the farthest of them.</param>
/// <param name="IsWhole">Nothing lies beyond.</param>
internal sealed record Exploration(int States, long Transitions, int Depth, bool IsWhole)
{
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{States} states, {Transitions} transitions, depth {Depth}{(IsWhole ? ", all there are" : "")}");
}

/// <summary>Goes through a state space breadth first, so that what is wrong is shown by the shortest way to it.</summary>
internal static class Explorer
{
    /// <summary>Explores until nothing is new or <paramref name="maxDepth"/> steps are taken.</summary>
    /// <param name="initial">Where to begin.</param>
    /// <param name="keyOf">Equal for states that count as one.</param>
    /// <param name="next">The steps from a state: their names and where they lead.</param>
    /// <param name="violation">What is wrong with a state, or null.</param>
    /// <param name="maxDepth">The bound.</param>
    /// <exception cref="SpecificationException">Something is wrong with a state or a step; the message tells the way to it.</exception>
    public static Exploration Explore<TState>(
        IEnumerable<TState> initial,
        Func<TState, string> keyOf,
        Func<TState, IEnumerable<(string Label, TState Next)>> next,
        Func<TState, string?> violation,
        int maxDepth)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var nodes = new List<(TState State, int Parent, string Label)>();
        foreach (var state in initial)
        {
            Add(state, -1, "begin");
        }

        var (begin, depth, transitions) = (0, 0, 0L);
        while (begin < nodes.Count && depth < maxDepth)
        {
            var end = nodes.Count;
            for (var i = begin; i < end; i++)
            {
                try
                {
                    foreach (var (label, state) in next(nodes[i].State))
                    {
                        transitions++;
                        Add(state, i, label);
                    }
                }
                catch (SpecificationException e) when (!e.HasPath)
                {
                    throw new SpecificationException($"{e.Message}\nafter:\n{PathTo(i)}", hasPath: true);
                }

                // Only the way to it is still needed.
                nodes[i] = (default!, nodes[i].Parent, nodes[i].Label);
            }

            begin = end;
            depth += begin < nodes.Count ? 1 : 0;
        }

        return new Exploration(nodes.Count, transitions, depth, begin == nodes.Count);

        void Add(TState state, int parent, string label)
        {
            if (!seen.Add(keyOf(state)))
            {
                return;
            }

            nodes.Add((state, parent, label));
            if (violation(state) is { } wrong)
            {
                throw new SpecificationException($"{wrong}\nin {state}\nafter:\n{PathTo(nodes.Count - 1)}", hasPath: true);
            }
        }

        string PathTo(int index)
        {
            var path = new List<string>();
            for (var i = index; i >= 0; i = nodes[i].Parent)
            {
                path.Add("  " + nodes[i].Label);
            }

            path.Reverse();
            return string.Join('\n', path);
        }
    }
}

/// <summary>A specification does not hold.</summary>
internal sealed class SpecificationException(string message, bool hasPath = false) : Exception(message)
{
    /// <summary>The message tells how to get there.</summary>
    public bool HasPath { get; } = hasPath;
}
