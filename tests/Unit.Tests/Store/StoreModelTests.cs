using CsCheck;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;
using SwarmOrleans.Testing;

namespace SwarmOrleans.Tests.Unit.Store;

/// <summary>The store beside a plain dictionary: whatever transactions come, both decide alike and hold the same.</summary>
public sealed class StoreModelTests
{
    private static readonly Gen<Step> Steps = Gen.Select(
        Gen.Enum<StepKind>(), Gen.Int[0, 4].Select(i => $"s{i}"), Gen.OneOf("web", "Web", "db", "cache", ""), Gen.Int[0, 2],
        (kind, id, name, lag) => new Step(kind, id, name, (ulong)lag));

    private enum StepKind
    {
        Create,
        Update,
        Remove,
        RemoveRead,
        RequireExists,
        RequireAbsent,
        RequireVersion,
    }

    [Fact]
    public void AnyTransactions_AreDecidedAsByADictionary() => Steps.Array[1, 4].Array[1, 4].Array[1, 10].Sample(commands =>
    {
        var test = TestStore.Create();
        var model = new StoreModel();
        var past = new List<(StoreView View, StoreModel Model)>();
        foreach (var command in commands)
        {
            var (view, read) = (test.Store.Current, model.Copy());
            past.Add((view, read));
            var expected = command.Select(steps => model.Decide([.. steps.Select(s => s.ToModel(read))])).ToList();
            var actual = test.Store.CommitAllAsync([.. command.Select(steps => Transaction(steps, view, read))], CancellationToken.None)
                .AsTask().GetAwaiter().GetResult();
            Assert.Equal(expected, actual.Select(StoreModel.Verdict.Of));
            Agree(model, test.Store.Current);
        }

        past.ForEach(p => Agree(p.Model, p.View));
        test.Store.Current.VerifyFrozen();
    });

    private static void Agree(StoreModel model, StoreView view)
    {
        Assert.Equal(model.Version, view.Version);
        Assert.Equal(model.Rows.Count, view.Count<Service>());
        Assert.Equal(
            model.Rows.Select(r => (r.Key, r.Value.Name, r.Value.Version, r.Value.Created)).Order(),
            view.All<Service>().Select(s => (s.Id, s.Spec.Annotations.Name, s.Meta.Version.Index, ulong.Parse(s.Spec.Task.Container.Image))).Order());
        foreach (var name in (string[])["WEB", "db", "Cache", "absent"])
        {
            Assert.Equal(model.HolderOf(name), view.FindByName<Service>(name)?.Id);
        }
    }

    private static StoreTransaction Transaction(Step[] steps, StoreView view, StoreModel read)
    {
        var transaction = new StoreTransaction();
        foreach (var step in steps)
        {
            _ = step.Kind switch
            {
                StepKind.Create => transaction.Create(Item(step, null, read)),
                StepKind.Update => transaction.Update(Item(step, view.Find<Service>(step.Id), read)),
                StepKind.Remove => transaction.Remove<Service>(step.Id),
                StepKind.RemoveRead => transaction.Remove(Item(step, view.Find<Service>(step.Id), read)),
                StepKind.RequireExists => transaction.RequireExists<Service>(step.Id),
                StepKind.RequireAbsent => transaction.RequireAbsent<Service>(step.Id),
                _ => transaction.RequireVersion<Service>(step.Id, step.VersionOf(read)),
            };
        }

        return transaction;
    }

    // The image says at which version of the store the object was made, so that content is compared too.
    private static Service Item(Step step, Service? known, StoreModel read)
    {
        var item = known?.Clone() ?? Services.Named(step.Name, step.Id);
        item.Spec.Annotations.Name = step.Name;
        item.Spec.Task.Container.Image = (known is null ? read.Version : read.Rows[step.Id].Created).ToString(System.Globalization.CultureInfo.InvariantCulture);
        item.Meta = new Meta { Version = new ObjectVersion { Index = step.VersionOf(read) } };
        return item;
    }

    private sealed record Step(StepKind Kind, string Id, string Name, ulong Lag)
    {
        // The version that was read, or one that was never there or is over.
        public ulong VersionOf(StoreModel read) => Math.Max(1, read.Rows.TryGetValue(Id, out var row) && row.Version > Lag ? row.Version - Lag : 1);

        public StoreModel.Step ToModel(StoreModel read) => Kind switch
        {
            StepKind.Create => new(StoreModel.Rule.Create, Id, Name, 0, read.Version),
            StepKind.Update => new(StoreModel.Rule.Update, Id, Name, VersionOf(read), read.Rows.TryGetValue(Id, out var row) ? row.Created : read.Version),
            StepKind.Remove => new(StoreModel.Rule.Remove, Id, "", 0, 0),
            StepKind.RemoveRead => new(StoreModel.Rule.Remove, Id, "", VersionOf(read), 0),
            StepKind.RequireExists => new(StoreModel.Rule.Exists, Id, "", 0, 0),
            StepKind.RequireAbsent => new(StoreModel.Rule.Absent, Id, "", 0, 0),
            _ => new(StoreModel.Rule.Version, Id, "", VersionOf(read), 0),
        };
    }
}
