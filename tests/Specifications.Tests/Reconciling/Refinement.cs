using SwarmOrleans.Tests.Specifications.Exploring;

namespace SwarmOrleans.Tests.Specifications.Reconciling;

/// <summary>
/// Holds the real reconciler to a specification: both are taken through every state of the world side by side, and whatever the real code decides must be
/// something that the specification allows there. A manager looks at least once in a unit of time; between two looks anything may happen, in any order.
/// </summary>
internal static class Refinement
{
    private const int WakeHorizon = 3;

    /// <summary>Explores the specification by itself.</summary>
    public static Exploration Explore<TState>(IServiceSpecification<TState> specification, int maxDepth) => Explorer.Explore(
        specification.Initial.Select(s => (State: s, IsDecided: false)),
        s => (s.IsDecided ? "d" : "") + Canonical.KeyOf(specification.NamesIn(s.State), n => Merged(specification.Parts(s.State, n))),
        s => Next(specification, s.State, s.IsDecided),
        s => specification.Violation(s.State),
        maxDepth);

    /// <summary>Explores the real code beside it.</summary>
    public static Exploration Check<TState>(IServiceSpecification<TState> specification, int maxDepth) => Explorer.Explore(
        specification.Initial.Select(s => new Pair<TState>(s, specification.Begin(s), false)),
        p => p.KeyOf(specification),
        p => Next(specification, p),
        p => specification.Violation(p.State),
        maxDepth);

    private static IEnumerable<(string, (TState, bool))> Next<TState>(IServiceSpecification<TState> specification, TState state, bool isDecided)
    {
        if (!isDecided)
        {
            foreach (var next in specification.Decide(state))
            {
                yield return ("manager decides", (next, true));
            }
        }

        foreach (var step in specification.Steps(state).Where(s => isDecided || s.Act != Act.Tick))
        {
            yield return (step.ToString(), (specification.Apply(state, step), false));
        }
    }

    private static IEnumerable<(string, Pair<TState>)> Next<TState>(IServiceSpecification<TState> specification, Pair<TState> pair)
    {
        if (!pair.IsDecided)
        {
            foreach (var next in Decide(specification, pair))
            {
                yield return ("manager decides", next);
            }
        }

        foreach (var step in specification.Steps(pair.State).Where(s => pair.IsDecided || s.Act != Act.Tick))
        {
            var real = step.Act == Act.User ? specification.Act(pair.Real, step.Item) : pair.Real.Apply(step);
            yield return (step.ToString(), new Pair<TState>(specification.Apply(pair.State, step), real, false));
        }
    }

    private static List<Pair<TState>> Decide<TState>(IServiceSpecification<TState> specification, Pair<TState> pair)
    {
        var (real, decision) = pair.Real.Decide();
        var seen = Text(real.Rows, specification.StatusOf(real));
        var allowed = specification.Decide(pair.State);
        var matching = allowed.Where(s => specification.SeenIn(s) is var (tasks, status) && Text(tasks, status) == seen).Select(s => new Pair<TState>(s, real, true)).ToList();
        if (matching.Count == 0)
        {
            throw new SpecificationException(
                $"not allowed: {seen}\nbut only: {string.Join("\n      or: ", allowed.Select(s => specification.SeenIn(s) is var (t, u) ? Text(t, u) : ""))}\nin {pair.State}");
        }

        Again(real, pair);
        Wakes(real, decision.WakeAt, pair);
        return matching;
    }

    // What has been decided and stored needs no second decision.
    private static void Again<TState>(RealService real, Pair<TState> pair)
    {
        var (again, decision) = real.Decide();
        if (!decision.IsEmpty)
        {
            throw new SpecificationException($"decided twice: {Text(real.Rows, "")} then {Text(again.Rows, "")}\nin {pair.State}");
        }
    }

    // If time alone changes a decision, the last one has said when to look again.
    private static void Wakes<TState>(RealService real, DateTimeOffset? wakeAt, Pair<TState> pair)
    {
        for (var units = 1; units <= WakeHorizon; units++)
        {
            var later = units * RealService.Unit;
            if (wakeAt <= real.Now + later)
            {
                return;
            }

            if (real.Decide(later) is { Decision.IsEmpty: false } decided)
            {
                throw new SpecificationException(
                    $"nobody looks again: after {later} of {Text(real.Rows, "")} comes {Text(decided.Next.Rows, "")}, to be woken at {wakeAt:O}\nin {pair.State}");
            }
        }
    }

    private static string Text(IEnumerable<TaskRow> tasks, string status) => $"{string.Join(' ', tasks)} {status}";

    private static (string, string[]) Merged((string Whole, Dictionary<(int, int), System.Text.StringBuilder> Slots) parts) =>
        (parts.Whole, [.. parts.Slots.Values.Select(s => s.ToString())]);

    private sealed record Pair<TState>(TState State, RealService Real, bool IsDecided)
    {
        public string KeyOf(IServiceSpecification<TState> specification) => (IsDecided ? "d" : "") + Canonical.KeyOf(specification.NamesIn(State), names =>
        {
            var (whole, slots) = specification.Parts(State, names);
            var real = Real.Parts(names);
            foreach (var (key, text) in real.Slots)
            {
                if (slots.TryGetValue(key, out var part))
                {
                    part.Append(text);
                }
                else
                {
                    slots.Add(key, text);
                }
            }

            return Merged(($"{whole}{real.Whole}", slots));
        });
    }
}
