using System.Globalization;
using Orleans;
using Orleans.Runtime;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Membership;

/// <summary>
/// Orleans' membership table in our own store. Reads are linearizable, since a stale one costs Orleans seconds of back-off; during an election calls
/// wait instead of failing, for the same reason.
/// </summary>
#pragma warning disable CS0618, CS0672 // The older members are still the abstract ones.
public sealed class StoreMembershipTable(ISwarmStore store) : IMembershipTable
{
    private const int Attempts = 8;

    /// <inheritdoc />
    public async Task InitializeMembershipTable(bool tryInitTableVersion)
    {
        if ((await store.ReadAsync(CancellationToken.None)).Find<SiloTable>(SiloRows.TableId) is null)
        {
            // Another manager may do so at the same moment; one of them succeeds.
            await store.CommitAsync(new StoreTransaction().Create(new SiloTable { Id = SiloRows.TableId }), CancellationToken.None);
        }
    }

    /// <inheritdoc />
    public Task DeleteMembershipTableEntries(string clusterId) => RemoveAsync(_ => true);

    /// <inheritdoc />
    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => RemoveAsync(row =>
        (SiloStatus)row.Status != SiloStatus.Active
        && Max(row.StartTime.ToDateTimeOffset(), row.IAmAliveTime.ToDateTimeOffset()) < beforeDate);

    /// <inheritdoc />
    public async Task<MembershipTableData> ReadRow(SiloAddress key)
    {
        var view = await store.ReadAsync(CancellationToken.None);
        var row = view.Find<SiloMember>(SiloRows.IdOf(key));
        return new MembershipTableData(row is null ? [] : [SiloRows.FromRow(row)], VersionOf(view));
    }

    /// <inheritdoc />
    public async Task<MembershipTableData> ReadAll()
    {
        var view = await store.ReadAsync(CancellationToken.None);
        return new MembershipTableData([.. view.All<SiloMember>().Select(SiloRows.FromRow)], VersionOf(view));
    }

    /// <inheritdoc />
    public async Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(tableVersion);
        return Table(tableVersion) is { } transaction && await CommitAsync(transaction.Create(SiloRows.ToRow(entry, 1)));
    }

    /// <inheritdoc />
    public async Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(tableVersion);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var stored = store.Current.Find<SiloMember>(SiloRows.IdOf(entry.SiloAddress));
            if (stored is null || stored.Revision.ToString(CultureInfo.InvariantCulture) != etag || Table(tableVersion) is not { } transaction)
            {
                return false;
            }

            var row = SiloRows.ToRow(entry, stored.Revision + 1);
            row.Meta = stored.Meta;
            if (await CommitAsync(transaction.Update(row)))
            {
                return true;
            }

            // A heartbeat of the row changes its version but not its revision: that is no conflict of Orleans'.
        }

        return false;
    }

    /// <inheritdoc />
    public async Task UpdateIAmAlive(MembershipEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (store.Current.Find<SiloMember>(SiloRows.IdOf(entry.SiloAddress)) is not { } stored)
            {
                return;
            }

            var row = stored.Clone();
            row.IAmAliveTime = SiloRows.ToRow(entry, 0).IAmAliveTime;
            if (await CommitAsync(new StoreTransaction().Update(row)))
            {
                return;
            }
        }
    }

    private static TableVersion VersionOf(StoreView view)
    {
        var version = view.Find<SiloTable>(SiloRows.TableId)?.Version ?? 0;
        return new TableVersion(version, version.ToString(CultureInfo.InvariantCulture));
    }

    private static DateTimeOffset Max(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    // The table's version must still be the one that was handed out with the read.
    private StoreTransaction? Table(TableVersion next)
    {
        var table = store.Current.Find<SiloTable>(SiloRows.TableId);
        if (table is null || table.Version.ToString(CultureInfo.InvariantCulture) != next.VersionEtag)
        {
            return null;
        }

        var advanced = table.Clone();
        advanced.Version = next.Version;
        return new StoreTransaction().Update(advanced);
    }

    private async Task<bool> CommitAsync(StoreTransaction transaction)
    {
        var result = await store.CommitAsync(transaction, CancellationToken.None);
        return result.Outcome switch
        {
            CommitOutcome.Committed => true,
            CommitOutcome.Conflict => false,
            _ => throw new OrleansException("the membership table could not be written: the managers have no leader"),
        };
    }

    private async Task RemoveAsync(Func<SiloMember, bool> which)
    {
        var transaction = new StoreTransaction();
        foreach (var row in (await store.ReadAsync(CancellationToken.None)).All<SiloMember>().Where(which))
        {
            transaction.Remove(row);
        }

        if (!transaction.IsEmpty)
        {
            await CommitAsync(transaction);
        }
    }
}
#pragma warning restore CS0618, CS0672
